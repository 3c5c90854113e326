// The house as a tree: teams in teams with their people; dragging moves a person or a team, after a question.
import { EditOutlined } from '@ant-design/icons'
import { App, Button, Tree, type TreeDataNode } from 'antd'
import { useState, type ReactElement } from 'react'
import { patch } from '../api.ts'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { useNotify } from './notify.ts'

interface Props {
  readonly teams: readonly RecordAnswer[]
  readonly users: readonly RecordAnswer[]
  readonly teamType: TypeInfo
  readonly userType: TypeInfo
  readonly edit: (team: RecordAnswer) => void
  readonly editUser: (user: RecordAnswer) => void
  readonly changed: () => void
}

type Node = TreeDataNode & { readonly children?: Node[] }

const nowhere = 'team:'

export const PeopleTree = ({ teams, users, teamType, userType, edit, editUser, changed }: Props): ReactElement => {
  const { t, both } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const [open, setOpen] = useState<readonly React.Key[]>([...teams.map(({ id }) => `team:${id}`), nowhere])
  const known = new Set(teams.map(({ id }) => id))
  const parentOf = (team: RecordAnswer): string | null =>
    typeof team.values.parent === 'string' && known.has(team.values.parent) ? team.values.parent : null
  const unitOf = (user: RecordAnswer): string | null =>
    typeof user.values.unit === 'string' && known.has(user.values.unit) ? user.values.unit : null
  const chain = (team: RecordAnswer): readonly string[] => {
    const above = teams.find(({ id }) => id === parentOf(team))
    return [team.id, ...(above ? chain(above) : [])]
  }
  const [moving, setMoving] = useState<RecordAnswer | null>(null)
  const [over, setOver] = useState<string | null>(null)
  /** Whether what is dragged may be let go on a team (null: on no team). */
  const fits = (to: RecordAnswer | null): boolean => {
    if (moving === null) return false
    if (moving.type === 'user') return unitOf(moving) !== (to?.id ?? null)
    // Never into itself or what is below it.
    if (to !== null && chain(to).includes(moving.id)) return false
    return parentOf(moving) !== (to?.id ?? null)
  }
  const drag = (about: RecordAnswer) => ({
    draggable: true,
    onDragStart: () => setMoving(about),
    onDragEnd: () => {
      setMoving(null)
      setOver(null)
    },
  })
  const drop = (to: RecordAnswer | null) => ({
    'data-over': over === (to?.id ?? nowhere) ? 'true' : undefined,
    onDragOver: (event: React.DragEvent) => {
      if (!fits(to)) return
      event.preventDefault()
      setOver(to?.id ?? nowhere)
    },
    onDragLeave: () => setOver(null),
    onDrop: (event: React.DragEvent) => {
      event.preventDefault()
      if (moving !== null && fits(to)) move(moving, moving.type === 'user', to)
      setMoving(null)
      setOver(null)
    },
  })
  const roles = userType.fields.find((field) => field.name === 'role')?.options ?? []
  const person = (user: RecordAnswer): Node => ({
    key: `user:${user.id}`,
    isLeaf: true,
    title: (
      <div
        {...drag(user)}
        className={user.values.active === false ? 'tree-item quiet' : 'tree-item'}
        onDoubleClick={() => editUser(user)}
        data-testid="tree-person"
        data-user={user.id}
      >
        {titleOf(userType, user)}{' '}
        <span className="quiet small">
          {(() => {
            const role = roles.find(({ value }) => value === user.values.role)
            return role ? both(role.label) : ''
          })()}
          {user.values.active === false ? ` · ${t('people.inactive')}` : ''}
        </span>
      </div>
    ),
  })
  const here = (parent: string | null): Node[] =>
    teams.filter((team) => parentOf(team) === parent).map((team) => branch(team))
  const branch = (team: RecordAnswer): Node => {
    const own = users.filter((user) => unitOf(user) === team.id)
    const below = here(team.id)
    const all = countOf(below) + own.length
    return {
      key: `team:${team.id}`,
      children: [...own.map(person), ...below],
      title: (
        <div
          {...drag(team)}
          {...drop(team)}
          className="tree-item"
          data-testid="tree-team"
          data-team={team.id}
          data-people={all}
        >
          <b>{titleOf(teamType, team)}</b>{' '}
          <span className="quiet small">
            {all === own.length
              ? t('people.members', { count: own.length })
              : t('people.membersBelow', { count: own.length, all })}
          </span>
          <Button
            size="small"
            type="text"
            icon={<EditOutlined />}
            aria-label={`${t('record.edit')} ${titleOf(teamType, team)}`}
            onClick={() => edit(team)}
          />
        </div>
      ),
    }
  }
  const alone = users.filter((user) => unitOf(user) === null)
  const nodes: Node[] = [
    ...here(null),
    ...(alone.length === 0
      ? []
      : [
          {
            key: nowhere,
            children: alone.map(person),
            title: (
              <div {...drop(null)} className="tree-item quiet">
                {t('people.noTeam', { count: alone.length })}
              </div>
            ),
          },
        ]),
  ]
  const move = (moved: RecordAnswer, isUser: boolean, to: RecordAnswer | null): void => {
    const [type, field] = isUser ? [userType, 'unit'] : [teamType, 'parent']
    const place = to ? titleOf(teamType, to) : t(isUser ? 'people.nowhere' : 'people.top')
    modal.confirm({
      title: t('people.moveTitle', { name: titleOf(type, moved), place }),
      content: t(isUser ? 'people.moveAbout' : 'people.moveTeamAbout'),
      okText: t('people.move'),
      okButtonProps: { 'data-testid': 'tree-move-run' },
      onOk: async () => {
        await notify.attempt(async () => {
          await patch(`/api/${type.plural}/${moved.id}`, {
            version: moved.version,
            values: { [field]: to?.id ?? null },
          })
          notify.done(t('people.moved'))
        })
        changed()
      },
    })
  }
  return (
    <Tree<Node>
      blockNode
      selectable={false}
      showIcon={false}
      expandedKeys={[...open]}
      onExpand={(keys) => setOpen(keys)}
      treeData={nodes}
      data-testid="people-tree"
    />
  )
}

/** People in a forest. */
const countOf = (nodes: readonly Node[]): number =>
  nodes.reduce((sum, { key, children }) => sum + (String(key).startsWith('user:') ? 1 : countOf(children ?? [])), 0)
