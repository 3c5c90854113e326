// One condition of the builder, whatever it is: a group, a negation, a choice, one with words of its own, or a comparison.
import { CloseOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Dropdown, Segmented, Select } from 'antd'
import type { ReactElement } from 'react'
import type { BuiltCompare, BuiltComparison, BuiltOperand, BuiltTest } from '../contract.ts'
import { useText } from '../text.ts'
import { AttributeSelect, OperandEditor } from './built-operand.tsx'
import { KnownEditor } from './built-known.tsx'
import { comparisonsFor, firstCompare, firstKnown, guarded, knownKinds, offered, unary, useWordList, wordOf } from './built-words.ts' // prettier-ignore

interface Props {
  readonly test: BuiltTest
  readonly change: (test: BuiltTest) => void
  /** Absent where it cannot be taken away. */
  readonly remove?: () => void
}

export const TestEditor = ({ test, change, remove }: Props): ReactElement => {
  if (test.is === 'all' || test.is === 'any') return <Group test={test} change={change} remove={remove} />
  if (test.is === 'choice') return <Choice test={test} change={change} remove={remove} />
  if (
    test.is === 'not' &&
    (test.of.is === 'all' || test.of.is === 'any' || test.of.is === 'choice' || test.of.is === 'not')
  )
    return <Negated test={test} change={change} remove={remove} />
  return <Line test={test} change={change} remove={remove} />
}

type GroupTest = Extract<BuiltTest, { is: 'all' | 'any' }>

const Group = ({
  test,
  change,
  remove,
}: Omit<Props, 'test' | 'remove'> & { test: GroupTest; remove: (() => void) | undefined }): ReactElement => {
  const { t } = useText()
  const put = (at: number, next: BuiltTest | undefined): void =>
    change({ is: test.is, of: test.of.flatMap((one, i) => (i === at ? (next ? [next] : []) : [one])) })
  return (
    <div className="built-group" data-is={test.is} data-testid="built-group">
      <div className="built-head">
        <Segmented<'all' | 'any'>
          size="small"
          value={test.is}
          onChange={(is) => change({ is, of: test.of })}
          options={(['all', 'any'] as const).map((value) => ({ value, label: t(`builder.group.${value}`) }))}
        />
        {remove ? <Controls test={test} change={change} remove={remove} /> : null}
      </div>
      {test.of.map((one, i) => (
        <TestEditor key={i} test={one} change={(next) => put(i, next)} remove={() => put(i, undefined)} />
      ))}
      <Adder add={(more) => change({ is: test.is, of: [...test.of, more] })} />
    </div>
  )
}

const Negated = ({
  test,
  change,
  remove,
}: {
  test: Extract<BuiltTest, { is: 'not' }>
  change: Props['change']
  remove: (() => void) | undefined
}): ReactElement => {
  const { t } = useText()
  return (
    <div className="built-group" data-is="not">
      <div className="built-head">
        <strong>{t('builder.not')}</strong>
        <Controls test={test} change={change} remove={remove} />
      </div>
      <TestEditor test={test.of} change={(of) => change({ is: 'not', of })} />
    </div>
  )
}

const Choice = ({
  test,
  change,
  remove,
}: {
  test: Extract<BuiltTest, { is: 'choice' }>
  change: Props['change']
  remove: (() => void) | undefined
}): ReactElement => {
  const { t } = useText()
  return (
    <div className="built-group" data-is="choice">
      <div className="built-head">
        <span />
        <Controls test={test} change={change} remove={remove} />
      </div>
      {(['if', 'then', 'else'] as const).map((part) => (
        <div key={part} className="built-part">
          <strong>{t(`builder.${part}`)}</strong>
          <TestEditor test={test[part]} change={(next) => change({ ...test, [part]: next })} />
        </div>
      ))}
    </div>
  )
}

const Controls = ({
  test,
  change,
  remove,
}: {
  test: BuiltTest
  change: Props['change']
  remove: (() => void) | undefined
}): ReactElement => {
  const { t } = useText()
  return (
    <span className="built-controls">
      <Button
        size="small"
        type="text"
        onClick={() => change(test.is === 'not' ? test.of : { is: 'not', of: test })}
        data-testid="built-negate"
      >
        {t(test.is === 'not' ? 'builder.unnegate' : 'builder.negate')}
      </Button>
      {test.is === 'all' || test.is === 'any' ? null : (
        <Button size="small" type="text" onClick={() => change({ is: 'any', of: [test] })}>
          {t('builder.wrap')}
        </Button>
      )}
      {remove ? (
        <Button
          size="small"
          type="text"
          icon={<CloseOutlined />}
          onClick={remove}
          aria-label={t('builder.remove')}
          data-testid="built-remove"
        />
      ) : null}
    </span>
  )
}

const Line = ({
  test,
  change,
  remove,
}: {
  test: BuiltTest
  change: Props['change']
  remove: (() => void) | undefined
}): ReactElement => {
  const { t } = useText()
  const inner = test.is === 'not' ? test.of : test
  const put = (next: BuiltTest): void => change(test.is === 'not' ? { is: 'not', of: next } : next)
  return (
    <div className="built-line" data-testid="built-line" data-is={inner.is}>
      {test.is === 'not' ? <span className="built-not">{t('builder.not')}</span> : null}
      <Body test={inner} change={put} />
      <Controls test={test} change={change} remove={remove} />
    </div>
  )
}

const Body = ({ test, change }: { test: BuiltTest; change: Props['change'] }): ReactElement => {
  const { t } = useText()
  switch (test.is) {
    case 'known':
      return <KnownEditor condition={test.condition} change={(condition) => change({ is: 'known', condition })} />
    case 'there':
      return (
        <span className="built-known">
          <AttributeSelect
            attribute={{ ...test.left, path: [...test.left.path, ...test.names] }}
            change={({ is, of, path }) =>
              path.length > 0 ? change({ is: 'there', left: { is, of, path: [] }, names: path }) : undefined
            }
          />
          <strong>{t('builder.there')}</strong>
        </span>
      )
    case 'fixed':
      return (
        <Select
          size="small"
          value={test.value}
          onChange={(value) => change({ is: 'fixed', value })}
          options={[true, false].map((value) => ({ value, label: t(value ? 'builder.always' : 'builder.never') }))}
          aria-label={t('builder.fixed')}
        />
      )
    case 'compare':
      return <Compare test={test} change={change} />
    default:
      return <TestEditor test={test} change={change} />
  }
}

/** `[a, b] contains x` is shown as it is said: x is one of a, b. */
type Shown = BuiltComparison | 'oneOf'

const Compare = ({ test, change }: { test: BuiltCompare; change: Props['change'] }): ReactElement => {
  const { t } = useText()
  const words = useWordList()
  const turned = test.op === 'contains' && test.left.is === 'list' && test.right?.is === 'attribute'
  const [left, right] = turned ? [test.right ?? test.left, test.left] : [test.left, test.right]
  const op: Shown = turned ? 'oneOf' : test.op
  const about = (operand: BuiltOperand | undefined) =>
    operand?.is === 'attribute' ? wordOf(words, operand) : undefined
  const [word, other] = [about(left), about(right)]
  const put = (next: { left?: BuiltOperand; op?: Shown; right?: BuiltOperand }): void =>
    change(guarded(words, joined({ left: next.left ?? left, op: next.op ?? op, right: next.right ?? right })))
  const list = comparisonsFor(word)
  const options: readonly Shown[] = [...(list.includes(test.op) || turned ? list : [...list, test.op]), ...(word === undefined || ['text', 'number', 'money'].includes(word.kind) ? (['oneOf'] as const) : [])] // prettier-ignore
  return (
    <span className="built-known">
      {left.is === 'attribute' ? (
        <AttributeSelect
          attribute={left}
          change={(attribute) => {
            const found = wordOf(words, attribute)
            // Of another kind, what it was compared with means nothing.
            if (found && found.kind !== word?.kind) change(firstCompare(words, found))
            else put({ left: attribute })
          }}
        />
      ) : (
        <OperandEditor operand={left} beside={other} change={(next) => put({ left: next })} />
      )}
      <Select<Shown>
        size="small"
        style={{ minWidth: 96 }}
        popupMatchSelectWidth={false}
        value={op}
        onChange={(next) => put({ op: next })}
        options={options.map((value) => ({ value, label: t(`builder.op.${value}`) }))}
        aria-label={t('builder.comparison')}
        data-testid="built-op"
      />
      {right ? <OperandEditor operand={right} beside={word} change={(next) => put({ right: next })} /> : null}
    </span>
  )
}

const joined = ({
  left,
  op,
  right,
}: {
  left: BuiltOperand
  op: Shown
  right: BuiltOperand | undefined
}): BuiltCompare => {
  if (op === 'oneOf') {
    const items: BuiltOperand =
      right?.is === 'list'
        ? right
        : { is: 'list', items: right && (right.is === 'text' || right.is === 'number') ? [right] : [] }
    return { is: 'compare', left: items, op: 'contains', right: left }
  }
  if (unary.has(op)) return { is: 'compare', left, op }
  return { is: 'compare', left, op, right: fitting(op, right) }
}

/** A side that the comparison can have. */
const fitting = (op: BuiltComparison, right: BuiltOperand | undefined): BuiltOperand => {
  if (op === 'like')
    return right?.is === 'pattern' ? right : { is: 'pattern', value: right?.is === 'text' ? right.value : '*' }
  if (op === 'is') return right?.is === 'type' ? right : { is: 'type', type: 'Deal' }
  if (right === undefined || right.is === 'type') return { is: 'text', value: '' }
  if (right.is === 'pattern') return { is: 'text', value: right.value }
  if ((op === 'containsAll' || op === 'containsAny') && right.is !== 'list') return { is: 'list', items: [right] }
  if (right.is === 'list' && op !== 'containsAll' && op !== 'containsAny' && op !== 'in')
    return right.items[0] ?? { is: 'text', value: '' }
  return right
}

const Adder = ({ add }: { add: (test: BuiltTest) => void }): ReactElement => {
  const { t, both } = useText()
  const words = useWordList()
  const list = offered(words)
  const empty: BuiltTest = { is: 'all', of: [] }
  const groups = {
    all: empty,
    any: { is: 'any', of: [] },
    not: { is: 'not', of: empty },
    choice: {
      is: 'choice',
      if: { is: 'fixed', value: true },
      then: { is: 'fixed', value: true },
      else: { is: 'fixed', value: false },
    },
    fixed: { is: 'fixed', value: true },
    there: { is: 'there', left: { is: 'attribute', of: 'resource', path: [] }, names: ['owner'] },
    role: {
      is: 'compare',
      left: { is: 'attribute', of: 'principal', path: [] },
      op: 'in',
      right: { is: 'entity', type: 'Role', id: 'sales' },
    },
  } as const satisfies Readonly<Record<string, BuiltTest>>
  const compareItems = (['principal', 'resource', 'context'] as const).map((of) => ({
    key: `of-${of}`,
    label: t(`builder.of.${of}`),
    children: list
      .filter((word) => word.of === of)
      .map((word) => ({
        key: `word-${[word.of, ...word.path].join('.')}`,
        label: both(word.label),
        onClick: () => add(firstCompare(words, word)),
      })),
  }))
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        className: 'built-menu',
        items: [
          {
            key: 'known',
            type: 'group',
            label: t('builder.common'),
            children: knownKinds.map((is) => ({
              key: is,
              label: t(`builder.known.${is}`),
              onClick: () => add(firstKnown(is)),
            })),
          },
          { key: 'compare', type: 'group', label: t('builder.compareAttribute'), children: compareItems },
          {
            key: 'more',
            type: 'group',
            label: t('builder.structure'),
            children: (Object.keys(groups) as (keyof typeof groups)[]).map((key) => ({
              key: `new-${key}`,
              label: t(`builder.new.${key}`),
              onClick: () => add(groups[key]),
            })),
          },
        ],
      }}
    >
      <Button size="small" type="dashed" icon={<PlusOutlined />} data-testid="built-add">
        {t('builder.add')}
      </Button>
    </Dropdown>
  )
}
