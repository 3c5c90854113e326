// One value as people read it, by the kind of its field; masked and hidden ones look like what they are.
import { CheckOutlined, EyeInvisibleOutlined, LockOutlined } from '@ant-design/icons'
import { Tooltip } from 'antd'
import type { ReactElement } from 'react'
import { Link } from 'react-router'
import type { FieldInfo, Value } from '../contract.ts'
import { day, moment, money, whole } from '../format.ts'
import { useCatalogue, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useTitle } from '../titles.ts'
import '../style/value.css'

interface Props {
  readonly field: FieldInfo
  readonly value: Value | undefined
  readonly state?: 'plain' | 'masked' | 'hidden' | undefined
  /** Where a link's title is known already. */
  readonly titles?: Readonly<Record<string, string>>
  /** Long texts keep their lines. */
  readonly full?: boolean
}

export const FieldValue = ({ field, value, state, titles, full = false }: Props): ReactElement => {
  const { t, both, language } = useText()
  const { currency } = useMe()
  if (state === 'hidden' || value === undefined)
    return (
      <Tooltip title={t('value.hiddenAbout')}>
        <span className="hidden-value" aria-label={t('value.hidden')}>
          <EyeInvisibleOutlined aria-hidden="true" />
        </span>
      </Tooltip>
    )
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0))
    return <span className="empty-value">—</span>
  if (state === 'masked' && field.sealed)
    return (
      <Tooltip title={t('value.maskedAbout')}>
        <span className="masked-value">
          {String(value)}
          <LockOutlined aria-label={t('value.masked')} />
        </span>
      </Tooltip>
    )
  const named = (one: string): string => {
    const option = field.options?.find((each) => each.value === one)
    return option ? both(option.label) : one
  }
  switch (field.kind) {
    case 'money':
      return (
        <span className="nowrap">{typeof value === 'number' ? money(value, currency, language) : String(value)}</span>
      )
    case 'integer':
      if (field.options) return <>{named(String(value))}</>
      return <>{typeof value === 'number' ? whole(value, language) : String(value)}</>
    case 'date':
      return <span className="nowrap">{day(String(value), language)}</span>
    case 'datetime':
      return <span className="nowrap">{moment(String(value), language)}</span>
    case 'boolean':
      return value === true ? (
        <CheckOutlined aria-label={t('common.yes')} />
      ) : (
        <span className="empty-value">{t('common.no')}</span>
      )
    case 'choice':
      return (
        <span className="choice-value" data-value={String(value)} data-field={field.name}>
          {named(String(value))}
        </span>
      )
    case 'tags':
      return (
        <span className="tags-value">
          {(Array.isArray(value) ? value : [String(value)]).map((tag: string) => (
            <span key={tag}>{named(tag)}</span>
          ))}
        </span>
      )
    case 'link':
      return <LinkTitle type={field.to ?? ''} id={String(value)} titles={titles} />
    case 'email':
      return <a href={`mailto:${String(value)}`}>{String(value)}</a>
    case 'phone':
      return <span className="nowrap">{String(value)}</span>
    case 'url':
      return <Site address={String(value)} />
    default:
      return <span className={full && field.kind === 'longtext' ? 'long-value' : ''}>{String(value)}</span>
  }
}

/** Only http and https are followed: a stored javascript: address stays a text. */
const Site = ({ address }: { address: string }): ReactElement => {
  const whole = /^https?:\/\//i.test(address) ? address : `https://${address}`
  const parsed = URL.canParse(whole) ? new URL(whole) : null
  if (!parsed || (/^[a-z][a-z0-9+.-]*:/i.test(address) && !/^https?:/i.test(address))) return <>{address}</>
  return (
    <a href={parsed.href} target="_blank" rel="noopener noreferrer nofollow">
      {address}
    </a>
  )
}

/**
 * The name of a linked record, and the way to it. With titles given, the server has already said which names this
 * person may see: what is not among them is not asked for again, since each such question is a refusal in the journal.
 */
export const LinkTitle = ({
  type,
  id,
  titles,
}: {
  type: string
  id: string
  titles?: Readonly<Record<string, string>> | undefined
}): ReactElement => {
  const { t } = useText()
  const title = titles?.[id]
  if (title !== undefined) return <Way type={type} id={id} title={title} />
  if (titles !== undefined && type !== 'user' && type !== 'team')
    return <span className="quiet">{t('value.noTitle')}</span>
  return <AskedTitle type={type} id={id} />
}

const AskedTitle = ({ type, id }: { type: string; id: string }): ReactElement => {
  const { t } = useText()
  const title = useTitle(type, id)
  if (title === undefined) return <span className="quiet">…</span>
  if (title === null) return <span className="quiet">{t('value.noTitle')}</span>
  return <Way type={type} id={id} title={title} />
}

const Way = ({ type, id, title }: { type: string; id: string; title: string }): ReactElement => {
  const known = useCatalogue().find((each) => each.name === type)
  if (!known || type === 'user' || type === 'team') return <>{title}</>
  return <Link to={`/${known.plural}/${id}`}>{title}</Link>
}
