// Whom a policy is for, what they do, and to what: the part before its conditions.
import { Input, Segmented, Select } from 'antd'
import type { ReactElement } from 'react'
import type { BuiltActions, BuiltPolicy, BuiltReach } from '../contract.ts'
import { useText } from '../text.ts'
import { EntitySelect } from './built-operand.tsx'
import { useWordList } from './built-words.ts'

interface Props {
  readonly built: BuiltPolicy
  readonly change: (built: BuiltPolicy) => void
}

export const ScopeEditor = ({ built, change }: Props): ReactElement => {
  const { t, both } = useText()
  const { actions } = useWordList()
  const chosen = built.action.op === 'all' ? [] : (built.action.op === 'several' ? built.action.entities : [built.action.entity]).map(({ id }) => id) // prettier-ignore
  const pick = (ids: readonly string[]): BuiltActions => {
    const entities = ids.map((id) => ({ type: 'Action', id }))
    const [only] = entities
    return entities.length === 0 || !only
      ? { op: 'all' }
      : entities.length === 1
        ? { op: 'in', entity: only }
        : { op: 'several', entities }
  }
  return (
    <div className="built-scope">
      <span className="built-field">
        <span className="built-label">{t('builder.id')}</span>
        <Input
          style={{ width: 210 }}
          value={built.annotations['id'] ?? ''}
          onChange={({ target }) => change({ ...built, annotations: { ...built.annotations, id: target.value } })}
          placeholder="own.policy"
          aria-label={t('builder.id')}
          data-testid="built-id"
        />
        <Segmented<'permit' | 'forbid'>
          value={built.effect}
          onChange={(effect) => change({ ...built, effect })}
          options={(['permit', 'forbid'] as const).map((value) => ({ value, label: t(`builder.effect.${value}`) }))}
          data-testid="built-effect"
        />
      </span>
      <span className="built-field">
        <span className="built-label">{t('builder.principal')}</span>
        <Reach reach={built.principal} kind="principal" change={(principal) => change({ ...built, principal })} />
      </span>
      <span className="built-field">
        <span className="built-label">{t('builder.actions')}</span>
        <Select<string[]>
          mode="multiple"
          style={{ minWidth: 260, flex: 1 }}
          maxTagCount="responsive"
          value={[...chosen]}
          onChange={(ids) => change({ ...built, action: pick(ids) })}
          placeholder={t('builder.anyAction')}
          showSearch={{ optionFilterProp: 'label' }}
          options={actions.map(({ name, label }) => ({ value: name, label: both(label) }))}
          aria-label={t('builder.actions')}
          data-testid="built-actions"
        />
      </span>
      <span className="built-field">
        <span className="built-label">{t('builder.resource')}</span>
        <Reach reach={built.resource} kind="resource" change={(resource) => change({ ...built, resource })} />
      </span>
    </div>
  )
}

const Reach = ({
  reach,
  kind,
  change,
}: {
  reach: BuiltReach
  kind: 'principal' | 'resource'
  change: (reach: BuiltReach) => void
}): ReactElement => {
  const { t, both } = useText()
  const { types } = useWordList()
  const simple =
    kind === 'principal'
      ? (['all', 'in:Role', 'in:Team', '==:User'] as const)
      : (['all', 'is', 'in:Team', 'system'] as const)
  const now =
    reach.op === 'all'
      ? 'all'
      : reach.op === 'is'
        ? reach.type === 'System'
          ? 'system'
          : 'is'
        : `${reach.op}:${reach.entity.type}`
  const options = simple.some((one) => one === now) ? [...simple] : [...simple, now]
  const choose = (value: string): void => {
    if (value === now) return
    if (value === 'all') return change({ op: 'all' })
    if (value === 'is' || value === 'system') return change({ op: 'is', type: value === 'system' ? 'System' : 'Deal' })
    const [op = 'in', type = 'Role'] = value.split(':')
    change({ op: op === '==' ? '==' : 'in', entity: { type, id: type === 'Role' ? 'sales' : '' } })
  }
  return (
    <>
      <Select<string>
        style={{ minWidth: 130 }}
        popupMatchSelectWidth={false}
        value={now}
        onChange={choose}
        options={options.map((value) => ({ value, label: label(t, kind, value) }))}
        aria-label={t(`builder.${kind}`)}
        data-testid={`built-${kind}`}
      />
      {reach.op === 'is' && reach.type !== 'System' ? (
        <Select<string>
          style={{ minWidth: 130 }}
          value={reach.type}
          onChange={(type) => change({ ...reach, type })}
          options={types.map(({ entity, label: name }) => ({ value: entity, label: both(name) }))}
          aria-label={t('builder.type')}
          data-testid="built-type"
        />
      ) : null}
      {reach.op === 'is' && reach.in ? (
        <EntitySelect
          type={reach.in.type}
          id={reach.in.id}
          change={(id) => change({ ...reach, in: { type: reach.in?.type ?? 'Team', id } })}
        />
      ) : null}
      {reach.op === '==' || reach.op === 'in' ? (
        <EntitySelect
          type={reach.entity.type}
          id={reach.entity.id}
          change={(id) => change({ ...reach, entity: { ...reach.entity, id } })}
        />
      ) : null}
    </>
  )
}

const label = (t: (key: string) => string, kind: string, value: string): string => {
  const key = `builder.reach.${kind}.${value.replace(':', '-').replace('==', 'one')}`
  const found = t(key)
  return found === key ? value : found
}
