// Who can see a record and why, and why somebody may or may not do something with it: for those who may see the policies.
import { Checkbox, Drawer, Tabs } from 'antd'
import { useState, type ReactElement } from 'react'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { useText } from '../text.ts'
import type { Asked, Supposed } from './access-supposed.tsx'
import { AccessWho } from './access-who.tsx'
import { AccessWhy } from './access-why.tsx'
import '../style/access.css'

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly title: string
  readonly close: () => void
}

export const AccessDrawer = ({ type, record, title, close }: Props): ReactElement => {
  const { t } = useText()
  const [tab, setTab] = useState('who')
  const [supposed, setSupposed] = useState<Supposed>({ mfa: true, device: false })
  const [asked, setAsked] = useState<Asked>({ person: undefined, action: 'list' })
  const ask = (next: Asked): void => {
    setAsked(next)
    setTab('why')
  }
  return (
    <Drawer open size={840} title={t('access.title', { name: title })} onClose={close} data-testid="access-drawer">
      <p className="access-supposed">
        <span>{t('access.supposing')}</span>
        <Checkbox
          checked={supposed.mfa}
          onChange={({ target }) => setSupposed({ ...supposed, mfa: target.checked })}
          data-testid="access-mfa"
        >
          {t('access.mfa')}
        </Checkbox>
        <Checkbox
          checked={supposed.device}
          onChange={({ target }) => setSupposed({ ...supposed, device: target.checked })}
          data-testid="access-device"
        >
          {t('access.device')}
        </Checkbox>
        <span className="quiet small access-journalled">{t('access.journalled')}</span>
      </p>
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={[
          {
            key: 'who',
            label: t('access.who'),
            children: <AccessWho type={type} record={record} supposed={supposed} ask={ask} />,
          },
          {
            key: 'why',
            label: t('access.why'),
            children: <AccessWhy type={type} record={record} supposed={supposed} asked={asked} ask={setAsked} />,
          },
        ]}
      />
    </Drawer>
  )
}
