// What became of a try, in words: the status of the answer, or why there was none.
import { useText } from '../text.ts'

const known = ['EADDRESSREFUSED', 'ETIMEDOUT', 'ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET'] as const

export const useResult = (): ((tried: { readonly status: number | null; readonly error: string | null }) => string) => {
  const { t } = useText()
  return ({ status, error }) => {
    if (status !== null) return t('webhooks.status', { status })
    const code = known.find((one) => one === error)
    return code === undefined ? t('webhooks.error.other', { code: error ?? '' }) : t(`webhooks.error.${code}`)
  }
}
