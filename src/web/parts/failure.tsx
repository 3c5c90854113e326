// A page or panel that could not be had: the server's sentence, and a way to try again.
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { useText } from '../text.ts'

export const Failure = ({ error, again }: { error: unknown; again?: () => void }): ReactElement => {
  const { t } = useText()
  return (
    <div className="waiting" role="alert">
      <div className="stack" style={{ alignItems: 'center' }}>
        <span>
          {error instanceof TypeError
            ? t('common.unreachable')
            : error instanceof Error
              ? error.message
              : t('common.failed')}
        </span>
        {again ? <Button onClick={again}>{t('common.again')}</Button> : null}
      </div>
    </div>
  )
}
