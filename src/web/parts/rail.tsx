// The navigation on the left: customers, protection, organisation; only what this person may open.
import {
  AlertOutlined,
  ApartmentOutlined,
  ApiOutlined,
  AuditOutlined,
  CheckSquareOutlined,
  ClockCircleOutlined,
  CloudServerOutlined,
  FormOutlined,
  FireOutlined,
  HomeOutlined,
  ImportOutlined,
  KeyOutlined,
  IdcardOutlined,
  InboxOutlined,
  MailOutlined,
  MenuFoldOutlined,
  MenuUnfoldOutlined,
  NotificationOutlined,
  ProfileOutlined,
  ProjectOutlined,
  SafetyCertificateOutlined,
  SolutionOutlined,
  SyncOutlined,
  UserDeleteOutlined,
} from '@ant-design/icons'
import { createElement, type ComponentType, type ReactElement } from 'react'
import { Link, NavLink } from 'react-router'
import { useMe, useWorkedWith } from '../session.ts'
import { useText } from '../text.ts'
import markUrl from '../mark.svg'
import { iconOf } from './icons.ts'
import { useInbox } from './inbox.ts'

interface Place {
  readonly to: string
  readonly id: string
  readonly label: string
  readonly icon: ComponentType
  /** How much waits there. */
  readonly count?: number
}

interface Props {
  readonly narrow: boolean
  readonly fold: () => void
  readonly chosen: () => void
}

export const Rail = ({ narrow, fold, chosen }: Props): ReactElement => {
  const { t } = useText()
  const groups = usePlaces()
  return (
    <nav className="rail" aria-label={t('nav.label')} id="rail">
      <Link to="/" className="rail-brand" onClick={chosen} aria-label={`${t('common.product')} · ${t('nav.home')}`}>
        <img src={markUrl} alt="" />
        <span>{t('common.product')}</span>
      </Link>
      <div className="rail-scroll">
        {groups.map((group) => (
          <div key={group.id}>
            {group.label === '' ? null : <div className="rail-group">{group.label}</div>}
            {group.places.map((place) => (
              <NavLink
                key={place.id}
                to={place.to}
                end={place.to === '/'}
                className="rail-link"
                onClick={chosen}
                title={narrow ? place.label : undefined}
                aria-label={place.count ? `${place.label} · ${t('inbox.badge', { count: place.count })}` : place.label}
                data-testid={`nav-${place.id}`}
              >
                {createElement(place.icon)}
                <span>{place.label}</span>
                {place.count ? (
                  <b className="rail-count" aria-hidden="true" data-testid={`nav-${place.id}-count`}>
                    {place.count > 99 ? '99+' : place.count}
                  </b>
                ) : null}
              </NavLink>
            ))}
          </div>
        ))}
      </div>
      <div className="rail-foot">
        <button
          type="button"
          className="rail-link rail-fold"
          onClick={fold}
          aria-expanded={!narrow}
          aria-label={narrow ? t('nav.unfold') : t('nav.fold')}
          data-testid="nav-fold"
        >
          {narrow ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}
          <span>{t('nav.fold')}</span>
        </button>
      </div>
    </nav>
  )
}

const usePlaces = (): readonly { id: string; label: string; places: readonly Place[] }[] => {
  const { t, both } = useText()
  const worked = useWorkedWith()
  const me = useMe()
  const waiting = useInbox().data?.count ?? 0
  const records: Place[] = worked.map((type) => ({
    to: `/${type.plural}`,
    id: type.plural,
    label: both(type.plurals),
    icon: iconOf(type.name),
  }))
  const afterDeals = records.findIndex((place) => place.id === 'deals')
  if (afterDeals >= 0)
    records.splice(afterDeals + 1, 0, {
      to: '/pipeline',
      id: 'pipeline',
      label: t('nav.pipeline'),
      icon: ProjectOutlined,
    })
  const place = (show: boolean, id: string, icon: ComponentType): Place[] =>
    show ? [{ to: `/${id}`, id, label: t(`nav.${id}`), icon }] : []
  const may = (action: string): boolean => me.may.includes(action)
  const works = worked.length > 0
  const approves = ['policy.approve', 'export.approve', 'alarm.manage', 'grant.manage'].some(may)
  const imports = Object.values(me.abilities).some((ability) => ability.import)
  return [
    {
      id: 'home',
      label: '',
      places: [
        { to: '/', id: 'home', label: t('nav.home'), icon: HomeOutlined },
        ...(approves || waiting > 0
          ? [{ to: '/inbox', id: 'inbox', label: t('nav.inbox'), icon: InboxOutlined, count: waiting }]
          : []),
      ],
    },
    {
      id: 'customers',
      label: t('nav.customers'),
      places: [
        ...records,
        ...place(imports, 'import', ImportOutlined),
        ...place(may('capture.manage'), 'forms', FormOutlined),
      ],
    },
    {
      id: 'protection',
      label: t('nav.protection'),
      places: [
        ...place(may('journal.view'), 'journal', AuditOutlined),
        ...place(may('backup.view'), 'backup', CloudServerOutlined),
        ...place(may('review.view'), 'review', SafetyCertificateOutlined),
        ...place(may('keys.view'), 'keys', KeyOutlined),
        ...place(may('erasure.view'), 'erasure', UserDeleteOutlined),
        ...place(may('alarm.view') || may('export.approve'), 'alarms', AlertOutlined),
        ...place(may('alarm.manage') || works, 'emergency', FireOutlined),
        ...place(may('grant.manage') || works, 'grants', ClockCircleOutlined),
        ...place(may('grant.manage'), 'recertification', CheckSquareOutlined),
        ...place(may('policy.view'), 'policies', SolutionOutlined),
      ],
    },
    {
      id: 'organisation',
      label: t('nav.organisation'),
      places: [
        ...place(may('user.manage'), 'people', ApartmentOutlined),
        ...place(may('user.manage'), 'single-sign-on', IdcardOutlined),
        ...place(may('user.manage'), 'provisioning', SyncOutlined),
        ...place(may('user.manage'), 'sign-in-settings', MailOutlined),
        ...place(may('user.manage'), 'api-keys', ApiOutlined),
        ...place(may('settings.edit'), 'webhooks', NotificationOutlined),
        ...place(may('settings.edit'), 'fields', ProfileOutlined),
      ],
    },
  ].filter((group) => group.places.length > 0)
}
