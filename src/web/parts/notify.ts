// Messages that pass: what was done, and why something was not.
import { App } from 'antd'
import { useText } from '../text.ts'

export interface Notify {
  readonly done: (text: string) => void
  readonly fail: (error: unknown) => void
  /** Runs a piece of work; a failure is told, and undefined given back. */
  readonly attempt: <Result>(work: () => Promise<Result>) => Promise<Result | undefined>
}

export const useNotify = (): Notify => {
  const { message } = App.useApp()
  const { t } = useText()
  const fail = (error: unknown): void => {
    void message.error(
      error instanceof TypeError
        ? t('common.unreachable')
        : error instanceof Error
          ? error.message
          : t('common.failed'),
      6,
    )
  }
  return {
    done: (text) => void message.success(text),
    fail,
    attempt: async (work) => {
      try {
        return await work()
      } catch (error) {
        fail(error)
        return undefined
      }
    },
  }
}
