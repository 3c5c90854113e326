// Every active person and how they see one field group of a record, page by page, with the policies that make it so.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Segmented, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { AccessSight, PolicyPurposes, RecordAnswer, TypeInfo, WhoSeesAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { useDirectory, useType } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { type Asked, Purpose, type Supposed, supposedQuery } from './access-supposed.tsx'
import { Failure } from './failure.tsx'
import { byGroup } from './record-form.tsx'
import { Table } from './table.tsx'
import { Waiting } from './waiting.tsx'

type Line = WhoSeesAnswer['items'][number]
const sights: readonly AccessSight[] = ['plain', 'masked', 'hidden']

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly supposed: Supposed
  readonly ask: (asked: Asked) => void
}

export const AccessWho = ({ type, record, supposed, ask }: Props): ReactElement => {
  const { t } = useText()
  const groups = byGroup(type.fields).map(([group]) => group)
  const [group, setGroup] = useState(groups.includes('contact') ? 'contact' : (groups[0] ?? 'basic'))
  const [only, setOnly] = useState<AccessSight | 'all'>('all')
  const answer = useInfiniteQuery({
    queryKey: ['access', 'who', type.name, record.id, record.version, group, supposed],
    queryFn: ({ pageParam }) =>
      get<WhoSeesAnswer>(
        `/api/access/who?type=${type.name}&id=${record.id}&group=${group}&limit=200&${supposedQuery(supposed)}${pageParam === '' ? '' : `&after=${pageParam}`}`,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  })
  const lines = (answer.data?.pages ?? [])
    .flatMap(({ items }) => items)
    .toSorted((a, b) => sights.indexOf(a.sight) - sights.indexOf(b.sight) || a.name.localeCompare(b.name))
  const purposes: PolicyPurposes = Object.fromEntries(
    (answer.data?.pages ?? []).flatMap((page) => Object.entries(page.purposes)),
  )
  const count = (sight: AccessSight): number => lines.filter((line) => line.sight === sight).length
  const shown = lines.filter((line) => only === 'all' || line.sight === only)
  return (
    <div
      className="stack"
      data-testid="access-who"
      data-group={group}
      data-state={answer.isFetching ? 'asking' : 'told'}
    >
      <div className="tools">
        <Select
          value={group}
          onChange={setGroup}
          options={groups.map((one) => ({ value: one, label: textOr(`group.${one}`, one) }))}
          aria-label={t('access.group')}
          style={{ minWidth: 150 }}
          data-testid="access-group"
        />
        <Segmented<AccessSight | 'all'>
          value={only}
          onChange={setOnly}
          options={[
            { value: 'all', label: t('access.all') },
            ...sights.map((sight) => ({ value: sight, label: t(`access.sight.${sight}`) })),
          ]}
        />
        <span className="quiet small" data-testid="access-counts">
          {answer.data
            ? t('access.counts', { plain: count('plain'), masked: count('masked'), hidden: count('hidden') })
            : ''}
        </span>
      </div>
      {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
      {answer.isPending ? <Waiting /> : null}
      {answer.data ? (
        <Table headings={[t('access.person'), t('access.sees'), t('access.because')]} data-testid="access-table">
          {shown.map((line) => (
            <Row key={line.person} line={line} purposes={purposes} group={group} ask={ask} />
          ))}
          {shown.length === 0 ? (
            <tr>
              <td colSpan={4} className="quiet">
                {t('access.nobody')}
              </td>
            </tr>
          ) : null}
        </Table>
      ) : null}
      {answer.hasNextPage ? (
        <Button loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>
          {t('access.more')}
        </Button>
      ) : null}
    </div>
  )
}

const Row = ({
  line,
  purposes,
  group,
  ask,
}: {
  line: Line
  purposes: PolicyPurposes
  group: string
  ask: Props['ask']
}): ReactElement => {
  const { t, both } = useText()
  const { teams } = useDirectory()
  const roles = useType('user')?.fields.find((field) => field.name === 'role')?.options ?? []
  const role = roles.find(({ value }) => value === line.role)
  const team = teams.find(({ id }) => id === line.teamId)
  const { refused } = line
  return (
    <tr data-testid="access-line" data-person={line.person} data-sight={line.sight}>
      <td>
        {line.name || line.person.slice(0, 8)}
        <div className="quiet small">
          {[role ? both(role.label) : line.role, ...(team ? [team.name] : [])].join(' · ')}
        </div>
      </td>
      <td>
        <span className="access-sight" data-sight={line.sight}>
          {t(`access.sight.${line.sight}`)}
        </span>
        {line.sight === 'masked' ? (
          <div className="quiet small">{t(line.revealable ? 'access.revealable' : 'access.notRevealable')}</div>
        ) : null}
      </td>
      <td className="access-because">
        {line.permits.map((id) => (
          <div key={id}>
            <Purpose id={id} purposes={purposes} />
          </div>
        ))}
        {line.lent.map((one) => (
          <div key={`${one.role ?? ''}${one.until}`} className="quiet small" data-testid="access-lent">
            <Lent one={one} />
          </div>
        ))}
        {refused !== null && line.forbids.length === 0 ? (
          <div className="quiet">{t(`access.nothing.${refused}`)}</div>
        ) : null}
        {line.forbids.map((id) => (
          <div key={id} className="access-forbid">
            <Forbid id={id} purposes={purposes} />
          </div>
        ))}
      </td>
      <td>
        <Button
          size="small"
          onClick={() =>
            ask({
              person: line.person,
              action: refused === 'list' ? 'list' : refused === 'unmask' ? `unmask.${group}` : `view.${group}`,
            })
          }
          data-testid="access-ask"
        >
          {t('access.ask')}
        </Button>
      </td>
    </tr>
  )
}

const Lent = ({ one }: { one: Line['lent'][number] }): ReactElement => {
  const { t, both, language } = useText()
  const roles = useType('user')?.fields.find((field) => field.name === 'role')?.options ?? []
  const role = roles.find(({ value }) => value === one.role)
  const at = instant(one.until, language)
  if (one.deputyFor !== null) return <>{t('access.lentDeputy', { person: one.deputyFor, at, by: one.by })}</>
  return one.role === null ? (
    <>{t('access.lentRecord', { level: t(`lend.levels.${one.level ?? 'read'}`), at, by: one.by })}</>
  ) : (
    <>{t('access.lentRole', { role: role ? both(role.label) : one.role, at, by: one.by })}</>
  )
}

const Forbid = ({ id, purposes }: { id: string; purposes: PolicyPurposes }): ReactElement => {
  const { t, both } = useText()
  const label = purposes[id]
  return <span title={id}>{t('access.forbidden', { what: label ? both(label) : id })}</span>
}
