// The frame of pages before the shell: what the product promises on one side, the form on the other.
import { AuditOutlined, CloudServerOutlined, LockOutlined, SafetyCertificateOutlined } from '@ant-design/icons'
import { useEffect, type ReactElement, type ReactNode } from 'react'
import { useText } from '../text.ts'
import markUrl from '../mark.svg'
import { LanguageSwitch } from './language.tsx'
import '../style/outside.css'

export const Outside = ({
  title,
  about,
  wide = false,
  children,
}: {
  title: string
  about?: string
  wide?: boolean
  children: ReactNode
}): ReactElement => {
  const { t } = useText()
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`
  }, [title, t])
  return (
    <div className="outside">
      <aside className="outside-side" aria-label={t('common.product')}>
        <div className="outside-brand">
          <img src={markUrl} alt="" />
          {t('common.product')}
        </div>
        <div>
          <h2>{t('outside.promise')}</h2>
          <ul>
            <li>
              <LockOutlined />
              <span>{t('outside.sealed')}</span>
            </li>
            <li>
              <SafetyCertificateOutlined />
              <span>{t('outside.allowed')}</span>
            </li>
            <li>
              <AuditOutlined />
              <span>{t('outside.journalled')}</span>
            </li>
            <li>
              <CloudServerOutlined />
              <span>{t('outside.backedUp')}</span>
            </li>
          </ul>
        </div>
        <p className="outside-foot">{t('outside.foot')}</p>
      </aside>
      <main className="outside-main">
        <div className="outside-top">
          <LanguageSwitch />
        </div>
        <div className="outside-form" data-wide={wide}>
          <h1>{title}</h1>
          {about ? <p>{about}</p> : null}
          {children}
        </div>
      </main>
    </div>
  )
}
