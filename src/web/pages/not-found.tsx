// An address that leads nowhere.
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { PageHead } from '../parts/page-head.tsx'
import { useText } from '../text.ts'

export default function NotFound(): ReactElement {
  const { t } = useText()
  const go = useNavigate()
  return (
    <>
      <PageHead title={t('notFound.title')} about={t('notFound.about')} />
      <Button type="primary" onClick={() => void go('/')}>
        {t('notFound.home')}
      </Button>
    </>
  )
}
