// The conditions with words of their own, each with its values to fill in.
import { Input, InputNumber, Segmented, Select } from 'antd'
import type { ReactElement } from 'react'
import type { BuiltKnown } from '../contract.ts'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'

interface Props {
  readonly condition: BuiltKnown
  readonly change: (condition: BuiltKnown) => void
}

export const KnownEditor = ({ condition, change }: Props): ReactElement => {
  const { t } = useText()
  return (
    <span className="built-known" data-testid={`built-known-${condition.is}`}>
      <strong>{t(`builder.known.${condition.is}`)}</strong>
      <Values condition={condition} change={change} />
    </span>
  )
}

const Values = ({ condition, change }: Props): ReactElement | null => {
  const { t } = useText()
  const { currency } = useMe()
  switch (condition.is) {
    case 'amount':
      return (
        <>
          <Segmented
            size="small"
            value={condition.most === 'limit' ? 'limit' : 'most'}
            onChange={(value) => change({ is: 'amount', most: value === 'limit' ? 'limit' : 0 })}
            options={[
              { value: 'most', label: t('builder.atMost') },
              { value: 'limit', label: t('builder.ownLimit') },
            ]}
          />
          {condition.most === 'limit' ? null : (
            <InputNumber<number>
              size="small"
              prefix={currency}
              style={{ width: 170 }}
              precision={2}
              value={condition.most / 100}
              onChange={(value) => change({ is: 'amount', most: Math.round((value ?? 0) * 100) })}
              aria-label={t('builder.known.amount')}
              data-testid="built-amount"
            />
          )}
        </>
      )
    case 'region':
      return (
        <>
          <Segmented
            size="small"
            value={condition.in === 'own' ? 'own' : 'these'}
            onChange={(value) => change({ is: 'region', in: value === 'own' ? 'own' : [] })}
            options={[
              { value: 'own', label: t('builder.ownRegions') },
              { value: 'these', label: t('builder.theseRegions') },
            ]}
          />
          {condition.in === 'own' ? null : (
            <Names names={condition.in} label="region" change={(names) => change({ is: 'region', in: names })} />
          )}
        </>
      )
    case 'hours':
      return <Hours condition={condition} change={change} />
    case 'network':
      return <Names names={condition.ranges} label="network" change={(ranges) => change({ is: 'network', ranges })} />
    case 'mfa':
      return (
        <InputNumber<number>
          size="small"
          style={{ width: 210 }}
          min={1}
          precision={0}
          value={condition.minutes ?? null}
          placeholder={t('builder.anyAge')}
          prefix={t('builder.within')}
          suffix={t('builder.minutes')}
          onChange={(minutes) => change(minutes === null ? { is: 'mfa' } : { is: 'mfa', minutes })}
          aria-label={t('builder.known.mfa')}
          data-testid="built-mfa"
        />
      )
    case 'channel':
      return (
        <Select<string[]>
          size="small"
          mode="multiple"
          style={{ minWidth: 200 }}
          value={[...condition.in]}
          onChange={(channels) => change({ is: 'channel', in: channels })}
          options={['web', 'api', 'cli', 'job'].map((value) => ({ value, label: t(`channel.${value}`) }))}
          aria-label={t('builder.known.channel')}
        />
      )
    case 'device':
    case 'purpose':
      return null
  }
}

export const Names = ({
  names,
  label,
  change,
}: {
  names: readonly string[]
  label: string
  change: (names: string[]) => void
}): ReactElement => {
  const { t } = useText()
  return (
    <Select<string[]>
      size="small"
      mode="tags"
      style={{ minWidth: 240 }}
      value={[...names]}
      onChange={change}
      tokenSeparators={[',', '，', ' ']}
      suffix={null}
      open={false}
      placeholder={t('builder.typeNames')}
      aria-label={t(`builder.known.${label}`)}
      data-testid={`built-${label}`}
    />
  )
}

const Hours = ({
  condition,
  change,
}: {
  condition: Extract<BuiltKnown, { is: 'hours' }>
  change: Props['change']
}): ReactElement => {
  const { t } = useText()
  const { from, to, days } = condition
  const time = (name: 'from' | 'to', value: string): ReactElement => (
    <Input
      size="small"
      type="time"
      style={{ width: 110 }}
      value={value}
      onChange={({ target }) =>
        target.value === '' ? undefined : change({ ...condition, [name]: target.value.slice(0, 5) })
      }
      aria-label={t(`builder.${name}`)}
      data-testid={`built-hours-${name}`}
    />
  )
  return (
    <>
      {time('from', from)}–{time('to', to)}
      <Select<number[]>
        size="small"
        mode="multiple"
        maxTagCount={5}
        style={{ minWidth: 230 }}
        value={[...days]}
        onChange={(chosen) =>
          chosen.length === 0 ? undefined : change({ ...condition, days: chosen.toSorted((a, b) => a - b) })
        }
        options={[1, 2, 3, 4, 5, 6, 7].map((value) => ({ value, label: t(`builder.day.${String(value)}`) }))}
        aria-label={t('builder.days')}
      />
      <span className="quiet small">{t('builder.zone')}</span>
    </>
  )
}
