// The role matrix: every role, record type and action at a glance, with field groups seen, masked or hidden, and where each cell comes from.
// Whoever may propose changes cells here; a second person approves them.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Checkbox, Segmented, Select } from 'antd'
import { useMemo, useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { MatrixAnswer, MatrixDraftAnswer, MatrixEdit, RoleStepsAsked } from '../contract.ts'
import { Failure } from '../parts/failure.tsx'
import { MatrixDraft } from '../parts/matrix-draft.tsx'
import { MatrixEditor } from '../parts/matrix-editor.tsx'
import { MatrixLegend } from '../parts/matrix-legend.tsx'
import { changed, type Column, columns, read, sameReading } from '../parts/matrix-reading.ts'
import { type Line, MatrixTable, type Section } from '../parts/matrix-table.tsx'
import { useNotify } from '../parts/notify.ts'
import { OwnRoles } from '../parts/own-roles.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { PolicyTabs } from '../parts/policy-tabs.tsx'
import { RoleDialog } from '../parts/role-dialog.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import '../style/matrix.css'
import '../style/table.css'

type View = 'type' | 'role' | 'system'

export default function MatrixPage(): ReactElement {
  const { t } = useText()
  const answer = useQuery({ queryKey: ['matrix'], queryFn: () => get<MatrixAnswer>('/api/policies/matrix') })
  return (
    <>
      <PageHead title={t('matrix.title')} about={t('matrix.about')} actions={<PolicyTabs />} />
      {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
      {answer.data ? <Matrix key={answer.data.version} inForce={answer.data} /> : answer.error ? null : <Waiting />}
    </>
  )
}

const Matrix = ({ inForce }: { inForce: MatrixAnswer }): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const mayPropose = useMay()('policy.edit')
  const [steps, setSteps] = useState<readonly Step[]>([])
  const { edits, roles: ownSteps } = useMemo(() => summed(steps), [steps])
  const [making, setMaking] = useState(false)
  const [view, setView] = useState<View>('type')
  const [roles, setRoles] = useState<readonly string[]>([])
  const [types, setTypes] = useState<readonly string[]>([])
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const [editing, setEditing] = useState<{ role: string; type: string; column: Column }>()
  const draft = useQuery({
    queryKey: ['matrix', 'draft', inForce.version, edits, ownSteps],
    queryFn: () => post<MatrixDraftAnswer>('/api/policies/matrix', { base: inForce.version, edits, roles: ownSteps }),
    enabled: steps.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
  const matrix = steps.length > 0 ? (draft.data?.matrix ?? inForce) : inForce
  const change = (more: readonly MatrixEdit[]): void => setSteps((now) => [...now, { edits: more }])
  /** What becomes of a role is asked first: a name that is taken, or a role that is held, is told where it was typed. */
  const changeRoles = async (more: Partial<RoleStepsAsked>): Promise<boolean> => {
    const next = [...steps, { roles: more }]
    const { edits: some, roles: wanted } = summed(next)
    const asked = { base: inForce.version, edits: some, roles: wanted }
    const taken = await notify.attempt(() => post<MatrixDraftAnswer>('/api/policies/matrix', asked))
    if (!taken) return false
    client.setQueryData(['matrix', 'draft', inForce.version, some, wanted], taken)
    setSteps(next)
    return true
  }
  const comparing = roles.length === 2
  const against = (role: string): string | undefined => (comparing ? roles.find((other) => other !== role) : undefined)
  const open = (role: string, type: string, column: Column): void => {
    if (!mayPropose) return
    if (matrix.roles.find(({ name }) => name === role)?.editable !== true) notify.done(t('matrix.notEditable'))
    else setEditing({ role, type, column })
  }
  const shownRoles = matrix.roles.filter(({ name }) => roles.length === 0 || roles.includes(name))
  const shownTypes = matrix.types.filter(({ name }) => types.length === 0 || types.includes(name))
  const shownColumns =
    view === 'system'
      ? matrix.system.map(({ name, label }): Column => ({
          id: name,
          kind: 'action',
          actions: [name],
          short: '',
          label,
        }))
      : columns
  const kept = (line: Line): boolean => !onlyDifferent || shownColumns.some((column) => differs(line, column))
  const differs = ({ role, type }: Line, column: Column): boolean => {
    const other = against(role)
    if (other === undefined) return changed(matrix, role, type, column)
    return !sameReading(read(matrix, role, type, column), read(matrix, other, type, column))
  }
  const sections = sectionsOf(view, shownRoles, shownTypes, both, t('matrix.systemFunctions'))
    .map((section) => ({ ...section, lines: section.lines.filter(kept) }))
    .filter(({ lines }) => lines.length > 0)
  return (
    <div className="matrix-page">
      <div className="tools">
        <Segmented<View>
          value={view}
          onChange={setView}
          options={(['type', 'role', 'system'] as const).map((value) => ({ value, label: t(`matrix.view.${value}`) }))}
          data-testid="matrix-view"
        />
        <Select<string[]>
          mode="multiple"
          allowClear
          maxTagCount={2}
          style={{ minWidth: 220 }}
          placeholder={t('matrix.allRoles')}
          aria-label={t('matrix.roles')}
          value={[...roles]}
          onChange={setRoles}
          showSearch={{ optionFilterProp: 'label' }}
          options={matrix.roles.map(({ name, label }) => ({ value: name, label: both(label) }))}
          data-testid="matrix-roles"
        />
        {view === 'system' ? null : (
          <Select<string[]>
            mode="multiple"
            allowClear
            maxTagCount={2}
            style={{ minWidth: 170 }}
            placeholder={t('matrix.allTypes')}
            aria-label={t('matrix.types')}
            value={[...types]}
            onChange={setTypes}
            options={matrix.types.map(({ name, label }) => ({ value: name, label: both(label) }))}
            data-testid="matrix-types"
          />
        )}
        <Checkbox
          checked={onlyDifferent}
          onChange={({ target }) => setOnlyDifferent(target.checked)}
          data-testid="matrix-different"
        >
          {t(comparing ? 'matrix.onlyDiffering' : 'matrix.onlyChanged')}
        </Checkbox>
        <span className="tools-gap" />
        <span className="quiet small" data-testid="matrix-mode">
          {comparing ? t('matrix.comparing') : t(mayPropose ? 'matrix.mayEdit' : 'matrix.readOnly')}
        </span>
      </div>
      <OwnRoles
        matrix={matrix}
        mayPropose={mayPropose}
        make={() => setMaking(true)}
        fresh={(role) => ownSteps.make.some(({ name }) => name === role)}
        describe={(role) => changeRoles({ describe: [role] })}
        retire={(role) => changeRoles({ retire: [role] })}
      />
      <MatrixLegend />
      {draft.error ? <Failure error={draft.error} again={() => setSteps([])} /> : null}
      {draft.data?.refused.map(({ edit, label }) => (
        <p key={`${edit.role}/${edit.type}/${edit.action}/${edit.scope}`} className="matrix-closed" role="alert">
          {t('matrix.closed', { rail: both(label) })}
        </p>
      ))}
      <MatrixTable
        matrix={matrix}
        sections={sections}
        columns={shownColumns}
        edits={edits}
        against={against}
        open={open}
      />
      {sections.length === 0 ? <p className="quiet">{t('matrix.noRows')}</p> : null}
      {steps.length > 0 && draft.data ? (
        <MatrixDraft
          draft={draft.data}
          undo={() => setSteps((now) => now.slice(0, -1))}
          discard={() => setSteps([])}
          sent={() => {
            setSteps([])
            void client.invalidateQueries({ queryKey: ['policies'] })
          }}
        />
      ) : null}
      {making ? (
        <RoleDialog matrix={matrix} make={(role) => changeRoles({ make: [role] })} close={() => setMaking(false)} />
      ) : null}
      {editing ? (
        <MatrixEditor {...editing} matrix={matrix} change={change} close={() => setEditing(undefined)} />
      ) : null}
    </div>
  )
}

/** One thing that was done to the draft, as undo takes it back. */
interface Step {
  readonly edits?: readonly MatrixEdit[]
  readonly roles?: Partial<RoleStepsAsked>
}

const summed = (steps: readonly Step[]): { readonly edits: readonly MatrixEdit[]; readonly roles: RoleStepsAsked } => {
  const retire = steps.flatMap(({ roles }) => roles?.retire ?? [])
  return {
    roles: {
      make: steps.flatMap(({ roles }) => roles?.make ?? []),
      describe: steps.flatMap(({ roles }) => roles?.describe ?? []),
      retire,
    },
    // Of a role that goes no cell is left to switch.
    edits: merged(steps.flatMap(({ edits }) => edits ?? [])).filter(({ role }) => !retire.includes(role)),
  }
}

/** The last word on a cell counts. */
const merged = (edits: readonly MatrixEdit[]): readonly MatrixEdit[] => [
  ...new Map(edits.map((edit) => [[edit.role, edit.type, edit.scope, edit.action].join('/'), edit])).values(),
]

type Named = MatrixAnswer['roles'][number] | MatrixAnswer['types'][number]

const sectionsOf = (
  view: View,
  roles: MatrixAnswer['roles'],
  types: MatrixAnswer['types'],
  both: (label: Named['label']) => string,
  system: string,
): readonly Section[] => {
  if (view === 'system')
    return [
      { title: system, lines: roles.map(({ name, label }) => ({ role: name, type: 'system', head: both(label) })) },
    ]
  if (view === 'role')
    return roles.map((role) => ({
      title: both(role.label),
      lines: types.map((type) => ({ role: role.name, type: type.name, head: both(type.label) })),
    }))
  return types.map((type) => ({
    title: both(type.label),
    lines: roles.map((role) => ({ role: role.name, type: type.name, head: both(role.label) })),
  }))
}
