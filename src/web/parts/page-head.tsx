// The head of a page: its name, one sentence, what can be done here. Names the browser tab too.
import { useEffect, type ReactElement, type ReactNode } from 'react'
import { useText } from '../text.ts'

interface Props {
  readonly title: string
  readonly about?: ReactNode
  readonly actions?: ReactNode
}

export const PageHead = ({ title, about, actions }: Props): ReactElement => {
  const { t } = useText()
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`
  }, [title, t])
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {about ? <p>{about}</p> : null}
      </div>
      {actions ? <div className="page-actions">{actions}</div> : null}
    </div>
  )
}

/** A panel with a head. */
export const Panel = ({
  title,
  extra,
  children,
  flush = false,
  ...rest
}: {
  title: ReactNode
  extra?: ReactNode
  children: ReactNode
  flush?: boolean
  'data-testid'?: string
}): ReactElement => (
  <section className="card" {...rest}>
    <div className="card-head">
      <h2>{title}</h2>
      {extra ? <div className="row">{extra}</div> : null}
    </div>
    {flush ? children : <div className="card-body">{children}</div>}
  </section>
)
