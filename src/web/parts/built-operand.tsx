// One side of a comparison: an attribute, a value of some kind, a list, a sum or a function of others.
import { Input, InputNumber, Select } from 'antd'
import type { ReactElement } from 'react'
import type { BuiltAttribute, BuiltCall, BuiltOperand } from '../contract.ts'
import { useDirectory, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { keyOf, offered, self, useWordList, type Word, wordOf } from './built-words.ts'

interface Props {
  readonly operand: BuiltOperand
  /** The attribute on the other side: says in what form a value is entered. */
  readonly beside?: Word | undefined
  readonly change: (operand: BuiltOperand) => void
}

const kinds = ['attribute', 'text', 'number', 'truth', 'role', 'user', 'team', 'datetime', 'duration', 'decimal', 'ip', 'list', 'sum', 'call'] as const // prettier-ignore
type Kind = (typeof kinds)[number]

export const OperandEditor = ({ operand, beside, change }: Props): ReactElement => {
  const { t } = useText()
  if (operand.is === 'pattern')
    return (
      <Input
        size="small"
        style={{ width: 180 }}
        value={operand.value}
        onChange={({ target }) => change({ is: 'pattern', value: target.value })}
        aria-label={t('builder.pattern')}
        title={t('builder.patternAbout')}
      />
    )
  if (operand.is === 'type') return <TypeSelect type={operand.type} change={(type) => change({ ...operand, type })} />
  return (
    <span className="built-operand">
      <Select<Kind>
        size="small"
        className="built-kind"
        popupMatchSelectWidth={false}
        value={kindOf(operand)}
        onChange={(kind) => change(firstOf(kind))}
        options={kinds.map((value) => ({ value, label: t(`builder.kind.${value}`) }))}
        aria-label={t('builder.kindOf')}
      />
      <Value operand={operand} beside={beside} change={change} />
    </span>
  )
}

const entityKinds: Readonly<Record<string, Kind>> = { Role: 'role', User: 'user', Team: 'team' }

const kindOf = (operand: BuiltOperand): Kind =>
  operand.is === 'entity' ? (entityKinds[operand.type] ?? 'user') : (operand.is as Kind)

const firstOf = (kind: Kind): BuiltOperand => {
  switch (kind) {
    case 'attribute':
      return self
    case 'number':
      return { is: 'number', value: 0 }
    case 'truth':
      return { is: 'truth', value: true }
    case 'role':
      return { is: 'entity', type: 'Role', id: 'sales' }
    case 'user':
      return { is: 'entity', type: 'User', id: '' }
    case 'team':
      return { is: 'entity', type: 'Team', id: '' }
    case 'text':
      return { is: 'text', value: '' }
    case 'datetime':
      return { is: 'datetime', value: '2026-01-01' }
    case 'duration':
      return { is: 'duration', value: '90d' }
    case 'decimal':
      return { is: 'decimal', value: '0.0' }
    case 'ip':
      return { is: 'ip', value: '10.0.0.0/8' }
    case 'list':
      return { is: 'list', items: [] }
    case 'sum':
      return { is: 'sum', op: '+', left: { is: 'number', value: 0 }, right: { is: 'number', value: 0 } }
    case 'call':
      return { is: 'call', name: 'durationSince', of: { is: 'attribute', of: 'context', path: ['now'] }, with: { is: 'attribute', of: 'resource', path: ['createdAt'] } } // prettier-ignore
  }
}

const Value = ({ operand, beside, change }: Props): ReactElement | null => {
  const { t, both } = useText()
  const { currency } = useMe()
  const words = useWordList()
  switch (operand.is) {
    case 'attribute':
      return <AttributeSelect attribute={operand} change={change} />
    case 'text':
      return beside && beside.options.length > 0 ? (
        <Select
          size="small"
          style={{ minWidth: 140 }}
          value={operand.value}
          onChange={(value) => change({ is: 'text', value })}
          options={beside.options.map(({ value, label }) => ({ value, label: both(label) }))}
          aria-label={t('builder.value')}
        />
      ) : (
        <TextValue value={operand.value} change={(value) => change({ is: 'text', value })} />
      )
    case 'number': {
      const money = beside?.kind === 'money'
      return (
        <InputNumber<number>
          size="small"
          style={{ width: 150 }}
          prefix={money ? currency : undefined}
          precision={money ? 2 : 0}
          value={money ? operand.value / 100 : operand.value}
          onChange={(value) => change({ is: 'number', value: Math.round((value ?? 0) * (money ? 100 : 1)) })}
          aria-label={t('builder.value')}
        />
      )
    }
    case 'truth':
      return (
        <Select
          size="small"
          value={operand.value}
          onChange={(value) => change({ is: 'truth', value })}
          options={[true, false].map((value) => ({ value, label: t(value ? 'builder.yes' : 'builder.no') }))}
          aria-label={t('builder.value')}
        />
      )
    case 'entity':
      return <EntitySelect type={operand.type} id={operand.id} change={(id) => change({ ...operand, id })} />
    case 'datetime':
    case 'duration':
    case 'decimal':
    case 'ip':
      return <TextValue value={operand.value} change={(value) => change({ is: operand.is, value })} />
    case 'list':
      return <ListValue operand={operand} words={words.words.length} change={change} />
    case 'sum':
      return (
        <span className="built-nested">
          <OperandEditor operand={operand.left} change={(left) => change({ ...operand, left })} />
          <Select
            size="small"
            value={operand.op}
            onChange={(op) => change({ ...operand, op })}
            options={(['+', '-', '*'] as const).map((value) => ({ value, label: value }))}
            aria-label={t('builder.kind.sum')}
          />
          <OperandEditor operand={operand.right} change={(right) => change({ ...operand, right })} />
        </span>
      )
    case 'call':
      return <CallValue operand={operand} change={change} />
    case 'pattern':
    case 'type':
      return null
  }
}

const TextValue = ({ value, change }: { value: string; change: (value: string) => void }): ReactElement => {
  const { t } = useText()
  return (
    <Input
      size="small"
      style={{ width: 160 }}
      value={value}
      maxLength={500}
      onChange={({ target }) => change(target.value)}
      aria-label={t('builder.value')}
      data-testid="built-value"
    />
  )
}

/** A list of plain texts or numbers is typed; of anything else it is shown entry by entry. */
const ListValue = ({
  operand,
  change,
}: {
  operand: Extract<BuiltOperand, { is: 'list' }>
  words: number
  change: Props['change']
}): ReactElement => {
  const { t } = useText()
  const { roles } = useWordList()
  const { both } = useText()
  const numbers = operand.items.length > 0 && operand.items.every(({ is }) => is === 'number')
  const plain = operand.items.every(({ is }) => is === 'text') || numbers
  const ofRoles =
    operand.items.length > 0 && operand.items.every((item) => item.is === 'entity' && item.type === 'Role')
  if (ofRoles)
    return (
      <Select<string[]>
        size="small"
        mode="multiple"
        style={{ minWidth: 240 }}
        value={operand.items.flatMap((item) => (item.is === 'entity' ? [item.id] : []))}
        onChange={(ids) => change({ is: 'list', items: ids.map((id) => ({ is: 'entity', type: 'Role', id })) })}
        options={roles.map(({ name, label }) => ({ value: name, label: both(label) }))}
        aria-label={t('builder.value')}
      />
    )
  if (plain)
    return (
      <Select<string[]>
        size="small"
        mode="tags"
        open={false}
        suffix={null}
        style={{ minWidth: 220 }}
        value={operand.items.map((item) => ('value' in item ? String(item.value) : ''))}
        onChange={(values) =>
          change({
            is: 'list',
            items: values.map((value): BuiltOperand =>
              numbers && /^-?\d{1,15}$/.test(value) ? { is: 'number', value: Number(value) } : { is: 'text', value },
            ),
          })
        }
        placeholder={t('builder.typeNames')}
        aria-label={t('builder.value')}
      />
    )
  return (
    <span className="built-nested">
      {operand.items.map((item, i) => (
        <OperandEditor
          key={i}
          operand={item}
          change={(next) => change({ is: 'list', items: operand.items.map((one, j) => (j === i ? next : one)) })}
        />
      ))}
    </span>
  )
}

const callNames: readonly BuiltCall[] = ['durationSince', 'offset', 'toDate', 'toTime', 'toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays', 'neg', 'getTag'] // prettier-ignore
const pairs: ReadonlySet<BuiltCall> = new Set(['durationSince', 'offset', 'getTag'])

const CallValue = ({
  operand,
  change,
}: {
  operand: Extract<BuiltOperand, { is: 'call' }>
  change: Props['change']
}): ReactElement => {
  const { t } = useText()
  return (
    <span className="built-nested">
      <Select<BuiltCall>
        size="small"
        popupMatchSelectWidth={false}
        value={operand.name}
        onChange={(name) => {
          const first: BuiltOperand =
            name === 'offset'
              ? { is: 'duration', value: '1d' }
              : { is: 'attribute', of: 'resource', path: ['createdAt'] }
          change({ is: 'call', name, of: operand.of, ...(pairs.has(name) ? { with: operand.with ?? first } : {}) })
        }}
        options={callNames.map((value) => ({ value, label: t(`builder.call.${value}`) }))}
        aria-label={t('builder.kind.call')}
      />
      <OperandEditor operand={operand.of} change={(of) => change({ ...operand, of })} />
      {operand.with ? (
        <OperandEditor operand={operand.with} change={(more) => change({ ...operand, with: more })} />
      ) : null}
    </span>
  )
}

/** Attributes by what they are of; one the words do not know is still shown. */
export const AttributeSelect = ({
  attribute,
  change,
}: {
  attribute: BuiltAttribute
  change: (attribute: BuiltAttribute) => void
}): ReactElement => {
  const { t, both } = useText()
  const words = useWordList()
  const own = keyOf(attribute)
  const list = offered(words)
  const known = attribute.path.length === 0 || wordOf(words, attribute) !== undefined
  const option = (word: Pick<Word, 'of' | 'path'>, label: string) => ({ value: keyOf(word), label })
  const groups = (['principal', 'resource', 'context'] as const).map((of) => ({
    label: t(`builder.of.${of}`),
    title: t(`builder.of.${of}`),
    options: [
      ...(of === 'context' ? [] : [option({ of, path: [] }, t(`builder.self.${of}`))]),
      ...list
        .filter((word) => word.of === of)
        .map((word) => option(word, `${t(`builder.short.${of}`)}${both(word.label)}`)),
    ],
  }))
  const extra = known
    ? []
    : [{ label: t('builder.other'), title: t('builder.other'), options: [{ value: own, label: own }] }]
  return (
    <Select<string>
      size="small"
      style={{ minWidth: 190 }}
      popupMatchSelectWidth={false}
      showSearch={{ optionFilterProp: 'label' }}
      value={own}
      onChange={(key) => {
        const [of = 'resource', ...path] = key.split('.')
        change({ is: 'attribute', of: of as BuiltAttribute['of'], path })
      }}
      options={[...groups, ...extra]}
      aria-label={t('builder.attribute')}
      data-testid="built-attribute"
    />
  )
}

const TypeSelect = ({ type, change }: { type: string; change: (type: string) => void }): ReactElement => {
  const { t, both } = useText()
  const { types } = useWordList()
  return (
    <Select
      size="small"
      style={{ minWidth: 120 }}
      value={type}
      onChange={change}
      options={types.map(({ entity, label }) => ({ value: entity, label: both(label) }))}
      aria-label={t('builder.type')}
    />
  )
}

export const EntitySelect = ({
  type,
  id,
  change,
}: {
  type: string
  id: string
  change: (id: string) => void
}): ReactElement => {
  const { t, both } = useText()
  const { roles } = useWordList()
  const { users, teams } = useDirectory()
  const known = type === 'Role' ? roles.map(({ name, label }) => ({ value: name, label: both(label) })) : (type === 'Team' ? teams : users).map((one) => ({ value: one.id, label: one.name })) // prettier-ignore
  const options = id === '' || known.some(({ value }) => value === id) ? known : [...known, { value: id, label: id }]
  return (
    <Select
      size="small"
      style={{ minWidth: 150 }}
      popupMatchSelectWidth={false}
      showSearch={{ optionFilterProp: 'label' }}
      value={id}
      onChange={change}
      options={options}
      aria-label={t('builder.value')}
    />
  )
}
