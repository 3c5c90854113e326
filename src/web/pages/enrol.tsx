// The role needs a second factor: nothing else opens before there is one.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import type { ReactElement } from 'react'
import { remove } from '../api.ts'
import { Outside } from '../parts/outside.tsx'
import { Passkeys } from '../parts/passkeys.tsx'
import { Totp } from '../parts/totp.tsx'
import { passkeysHere } from '../passkey.ts'
import { enter, refreshMe, useMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Enrol(): ReactElement {
  const { t } = useText()
  const me = useMe()
  const client = useQueryClient()
  const enrolled = (): Promise<void> => refreshMe(client)
  const leave = async (): Promise<void> => {
    await remove('/api/session').catch(() => undefined)
    enter(client, null)
  }
  return (
    <Outside wide title={t('enrol.title')} about={t('enrol.about')}>
      <div className="stack" data-testid="enrol">
        <Alert type="info" showIcon title={t('enrol.either')} />
        {me.passkeysPossible && passkeysHere() ? <Passkeys enrolled={enrolled} /> : null}
        <Totp enrolled={enrolled} />
        <Button type="link" onClick={() => void leave()}>
          {t('nav.signOut')}
        </Button>
      </div>
    </Outside>
  )
}
