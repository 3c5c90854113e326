// Users and teams: who works here, in which role and team, and from where they are signed in.
import { ApartmentOutlined, MoreOutlined, PlusOutlined, UserAddOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Drawer, Dropdown } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, patch, post, remove } from '../api.ts'
import type { PageAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { initials } from '../format.ts'
import { ClientCertificates } from '../parts/client-certificates.tsx'
import { Failure } from '../parts/failure.tsx'
import { HandOverDialog } from '../parts/hand-over-dialog.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Invite, OneTimePassword, TeamDialog, UserDialog } from '../parts/people-dialogs.tsx'
import { PeopleTree } from '../parts/people-tree.tsx'
import { FieldValue, LinkTitle } from '../parts/value.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { Sessions } from '../parts/sessions.tsx'
import { useMe, useType } from '../session.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import '../style/journal.css'
import '../style/table.css'

export default function People(): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const userType = useType('user')
  const teamType = useType('team')
  const users = useQuery({ queryKey: ['list', 'user'], queryFn: () => get<PageAnswer>('/api/users?limit=200') })
  const teams = useQuery({ queryKey: ['list', 'team'], queryFn: () => get<PageAnswer>('/api/teams?limit=200') })
  const [inviting, setInviting] = useState(false)
  const [team, setTeam] = useState<RecordAnswer | 'new' | null>(null)
  const [person, setPerson] = useState<RecordAnswer | null>(null)
  const [secret, setSecret] = useState<{ name: string; password: string } | null>(null)
  const error = users.error ?? teams.error
  if (error) return <Failure error={error} again={() => void users.refetch()} />
  if (!users.data || !teams.data || !userType || !teamType) return <Waiting />
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: ['list', 'user'] })
    void client.invalidateQueries({ queryKey: ['list', 'team'] })
    void client.invalidateQueries({ queryKey: ['directory'] })
    void client.invalidateQueries({ queryKey: ['home'] })
  }
  return (
    <>
      <PageHead
        title={t('people.title')}
        about={t('people.about')}
        actions={
          <>
            <Button icon={<PlusOutlined />} onClick={() => setTeam('new')} data-testid="people-team-new">
              {t('people.newTeam')}
            </Button>
            <Button
              type="primary"
              icon={<UserAddOutlined />}
              onClick={() => setInviting(true)}
              data-testid="people-invite"
            >
              {t('people.invite')}
            </Button>
          </>
        }
      />
      <div className="review-grid">
        <Panel
          title={
            <span className="row">
              <ApartmentOutlined /> {t('people.teams')}
            </span>
          }
          data-testid="people-teams"
        >
          {teams.data.items.length === 0 ? (
            <p className="quiet">{t('people.noTeams')}</p>
          ) : (
            <>
              <PeopleTree
                teams={teams.data.items}
                users={users.data.items}
                teamType={teamType}
                userType={userType}
                edit={setTeam}
                editUser={setPerson}
                changed={changed}
              />
              <p className="quiet small">{t('people.treeHint')}</p>
            </>
          )}
        </Panel>
        <Panel title={`${t('people.users')} ${users.data.items.length}`} flush>
          <Users type={userType} items={users.data.items} changed={changed} secret={setSecret} />
        </Panel>
      </div>
      <div style={{ marginTop: 14 }}>
        <ClientCertificates />
      </div>
      {inviting ? (
        <Invite
          close={() => setInviting(false)}
          invited={(made) => {
            setInviting(false)
            if (made.password === null) notify.done(t('people.mailed', { name: made.name }))
            else setSecret({ name: made.name, password: made.password })
            changed()
          }}
        />
      ) : null}
      {team ? (
        <TeamDialog
          team={team === 'new' ? null : team}
          type={teamType}
          close={() => setTeam(null)}
          done={() => {
            setTeam(null)
            changed()
          }}
        />
      ) : null}
      {person ? (
        <UserDialog
          user={person}
          close={() => setPerson(null)}
          done={() => {
            setPerson(null)
            changed()
          }}
        />
      ) : null}
      {secret ? <OneTimePassword {...secret} close={() => setSecret(null)} /> : null}
    </>
  )
}

const Users = ({
  type,
  items,
  changed,
  secret,
}: {
  type: TypeInfo
  items: readonly RecordAnswer[]
  changed: () => void
  secret: (made: { name: string; password: string }) => void
}): ReactElement => {
  const { t, both } = useText()
  const [editing, setEditing] = useState<RecordAnswer | null>(null)
  const [watching, setWatching] = useState<RecordAnswer | null>(null)
  const [leaving, setLeaving] = useState<RecordAnswer | null>(null)
  const field = (name: string) => type.fields.find((each) => each.name === name)
  const roleField = field('role')
  return (
    <>
      <div className="table-box">
        <table className="table" data-testid="people-table">
          <thead>
            <tr>
              {['name', 'email', 'role', 'unit'].map((name) => {
                const found = field(name)
                return (
                  <th key={name} scope="col">
                    {found ? both(found.label) : name}
                  </th>
                )
              })}
              <th scope="col">{t('people.state')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('common.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((user) => (
              <tr key={user.id} data-testid="people-row" data-user={String(user.values.email)}>
                <td>
                  <span className="row" style={{ flexWrap: 'nowrap' }}>
                    <span
                      className="face"
                      aria-hidden="true"
                      style={user.values.active === false ? { background: '#8a938f' } : {}}
                    >
                      {initials(titleOf(type, user))}
                    </span>
                    <b>{titleOf(type, user)}</b>
                  </span>
                </td>
                <td>{String(user.values.email ?? '—')}</td>
                <td>{roleField ? <FieldValue field={roleField} value={user.values.role ?? null} /> : null}</td>
                <td>
                  {typeof user.values.unit === 'string' ? (
                    <LinkTitle type="team" id={user.values.unit} />
                  ) : (
                    <span className="quiet">—</span>
                  )}
                </td>
                <td>
                  {user.values.active === false ? (
                    <span className="state">{t('people.inactive')}</span>
                  ) : (
                    <span className="state" data-state="active">
                      {t('people.active')}
                    </span>
                  )}
                </td>
                <td className="table-action">
                  <UserMenu
                    user={user}
                    name={titleOf(type, user)}
                    changed={changed}
                    secret={secret}
                    edit={() => setEditing(user)}
                    watch={() => setWatching(user)}
                    handOver={() => setLeaving(user)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {editing ? (
        <UserDialog
          user={editing}
          close={() => setEditing(null)}
          done={() => {
            setEditing(null)
            changed()
          }}
        />
      ) : null}
      {leaving ? (
        <HandOverDialog
          userId={leaving.id}
          name={titleOf(type, leaving)}
          close={() => {
            setLeaving(null)
            changed()
          }}
        />
      ) : null}
      {watching ? (
        <UserSessions user={watching} name={titleOf(type, watching)} close={() => setWatching(null)} />
      ) : null}
    </>
  )
}

const UserMenu = ({
  user,
  name,
  changed,
  secret,
  edit,
  watch,
  handOver,
}: {
  user: RecordAnswer
  name: string
  changed: () => void
  secret: (made: { name: string; password: string }) => void
  edit: () => void
  watch: () => void
  handOver: () => void
}): ReactElement => {
  const { t } = useText()
  const { modal } = App.useApp()
  const me = useMe()
  const notify = useNotify()
  const active = user.values.active !== false
  const reset = async (): Promise<void> => {
    const answer = await notify.attempt(() => post<{ password: string }>(`/api/users/${user.id}/password`))
    if (answer) secret({ name, password: answer.password })
  }
  const factors = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove(`/api/users/${user.id}/totp`)
      notify.done(t('people.factorsDone'))
    })
  }
  const toggle = async (): Promise<void> => {
    await notify.attempt(() => patch(`/api/users/${user.id}`, { version: user.version, values: { active: !active } }))
    changed()
  }
  const sure = (title: string, content: string, act: () => Promise<void>): void =>
    void modal.confirm({ title, content, okText: t('common.go'), onOk: act })
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'edit', label: t('people.edit') },
          { key: 'sessions', label: t('people.sessions') },
          { key: 'password', label: t('people.reset'), disabled: user.id === me.id },
          { key: 'factors', label: t('people.factors'), disabled: user.id === me.id },
          { type: 'divider' },
          { key: 'hand-over', label: t('handOver.menu'), disabled: user.id === me.id },
          {
            key: 'active',
            danger: active,
            label: t(active ? 'people.deactivate' : 'people.activate'),
            disabled: user.id === me.id,
          },
        ],
        onClick: ({ key }) => {
          if (key === 'edit') edit()
          if (key === 'sessions') watch()
          if (key === 'hand-over') handOver()
          if (key === 'password') sure(t('people.reset'), t('people.resetAbout', { name }), reset)
          if (key === 'factors') sure(t('people.factors'), t('people.factorsAbout', { name }), factors)
          if (key === 'active')
            if (active) sure(t('people.deactivate'), t('people.deactivateAbout', { name }), toggle)
            else void toggle()
        },
      }}
    >
      <Button
        size="small"
        type="text"
        icon={<MoreOutlined />}
        aria-label={`${t('common.more')} ${name}`}
        data-testid="people-menu"
      />
    </Dropdown>
  )
}

const UserSessions = ({ user, name, close }: { user: RecordAnswer; name: string; close: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const path = `/api/users/${user.id}/sessions`
  const end = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove(path)
      notify.done(t('sessions.ended'))
    })
    await client.invalidateQueries({ queryKey: ['sessions', path] })
  }
  return (
    <Drawer
      open
      size={760}
      title={t('people.sessionsOf', { name })}
      onClose={close}
      extra={
        <Button danger onClick={() => void end()}>
          {t('people.endAll')}
        </Button>
      }
    >
      <Sessions path={path} endPath={path} />
    </Drawer>
  )
}
