// What pages say of a change of policies: its state, when it comes into force, and whose it is.
import type { ReactElement } from 'react'
import type { Language, PolicyChangeItem } from '../contract.ts'
import { textOr, useText } from '../text.ts'

const tones: Readonly<Record<PolicyChangeItem['state'], string>> = {
  proposed: 'active',
  approved: 'active',
  active: 'pass',
  rejected: 'not-assessed',
  withdrawn: 'not-assessed',
  failed: 'fail',
}

export const ChangeState = ({ change }: { readonly change: PolicyChangeItem }): ReactElement => {
  const { t } = useText()
  return (
    <span className="state" data-state={tones[change.state]} data-testid="policy-change-state">
      {t(`policyChanges.states.${change.state}`)}
    </span>
  )
}

/** When it comes or came into force, or why it did not. */
export const ChangeWhen = ({
  change,
  zone,
}: {
  readonly change: PolicyChangeItem
  readonly zone: string
}): ReactElement | null => {
  const { t, language } = useText()
  const said =
    change.state === 'active'
      ? t('policyChanges.asVersion', { number: change.number ?? 0 })
      : change.state === 'failed'
        ? textOr(`policyChanges.failures.${change.failure ?? ''}`, change.failure ?? '')
        : change.state === 'approved'
          ? change.activateAt === null
            ? t('policyChanges.waits')
            : t('policyChanges.comesAt', { at: zoned(change.activateAt, zone, language) })
          : null
  return said === null ? null : <div className="quiet small">{said}</div>
}

/** A moment in the house's own time zone, which is named: whoever decides may sit elsewhere. */
export const zoned = (value: string, zone: string, language: Language): string =>
  `${new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(value))} (${zone})`

export const nameIn = (names: Readonly<Record<string, string>>, id: string): string => names[id] ?? `…${id.slice(-6)}`
