// What a dry run found: sums, bars by role that open into people, actions and examples.
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import type { DryRunReportAnswer } from '../contract.ts'
import { instant, whole } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { Table } from './table.tsx'

type Report = DryRunReportAnswer

export const DryRunReport = ({ report }: { readonly report: Report }): ReactElement => {
  const { t, language } = useText()
  const roleOf = useRoleNames()
  const [role, setRole] = useState<string | null>(null)
  const number = (value: number): string => whole(value, language)
  const most = Math.max(1, ...report.roles.map((one) => one.newlyDenied + one.newlyAllowed))
  const unchanged = report.allowed + report.denied
  const quiet = (['undecidable', 'gone', 'emergency', 'deputy', 'drifted'] as const).filter((name) => report[name] > 0)
  return (
    <div className="stack" data-testid="dry-run-report">
      <dl className="dry-sums">
        {[
          ['accesses', report.accesses],
          ['newlyDenied', report.newlyDenied],
          ['newlyAllowed', report.newlyAllowed],
          ['unchanged', unchanged],
        ].map(([name, value]) => (
          <div key={name} data-tone={Number(value) > 0 ? name : undefined}>
            <dt>{t(`dryRun.${String(name)}`)}</dt>
            <dd data-testid={`dry-run-${String(name)}`}>{number(Number(value))}</dd>
          </div>
        ))}
      </dl>
      {quiet.map((name) => (
        <p key={name} className="quiet small">
          {t(`dryRun.${name}`, { count: number(report[name]) })}
        </p>
      ))}
      {report.capped ? <p className="small">{t('dryRun.capped', { count: number(report.entries) })}</p> : null}
      {report.cleared === null ? null : (
        <p className="small" data-testid="dry-run-cleared">
          {t('dryRun.cleared', {
            day: instant(report.cleared.at, language),
            people: number(report.cleared.people),
            examples: number(report.cleared.examples),
          })}{' '}
          <code className="mono">{report.cleared.sha256.slice(0, 16)}…</code>
        </p>
      )}
      {report.newlyDenied + report.newlyAllowed + report.actions.length === 0 ? (
        <p>{t('dryRun.nothing')}</p>
      ) : (
        <>
          <ul className="dry-bars" aria-label={t('dryRun.byRole')}>
            {report.roles.map((one) => (
              <li key={one.role}>
                <button
                  type="button"
                  aria-expanded={role === one.role}
                  onClick={() => setRole(role === one.role ? null : one.role)}
                  data-testid={`dry-run-role-${one.role}`}
                >
                  <span className="dry-label">{roleOf(one.role)}</span>
                  <span className="dry-track" aria-hidden="true">
                    <span data-tone="newlyDenied" style={{ width: `${String((100 * one.newlyDenied) / most)}%` }} />
                    <span data-tone="newlyAllowed" style={{ width: `${String((100 * one.newlyAllowed) / most)}%` }} />
                  </span>
                  <span className="dry-value">
                    {t('dryRun.both', { denied: number(one.newlyDenied), allowed: number(one.newlyAllowed) })}
                  </span>
                  <span className="dry-note">{t('dryRun.of', { count: number(one.accesses) })}</span>
                </button>
                {role === one.role ? <OfRole report={report} role={one.role} /> : null}
              </li>
            ))}
          </ul>
          <Actions report={report} />
        </>
      )}
    </div>
  )
}

const useRoleNames = (): ((role: string) => string) => {
  const { both } = useText()
  const options =
    useCatalogue()
      .find(({ name }) => name === 'user')
      ?.fields.find(({ name }) => name === 'role')?.options ?? []
  return (role) => {
    const found = options.find(({ value }) => value === role)
    return found ? both(found.label) : role
  }
}

const useThings = (): ((on: string) => string) => {
  const { both, t } = useText()
  const types = useCatalogue()
  return (on) => {
    if (on === 'system') return t('common.system')
    const type = types.find(({ name }) => name === on)
    return type ? both(type.label) : on
  }
}

const useActionName = (): ((on: string, action: string) => string) => {
  const { t, noun } = useText()
  return (on, action) => {
    if (on === 'system') return textOr(`act.${action.replaceAll('.', '-')}`, action)
    const [verb = '', group] = action.split('.')
    if (group === undefined) return textOr(`access.of.${verb}`, verb)
    const name = textOr(`group.${group}`, group)
    return t(`access.ofGroup.${verb}`, { group: noun({ zh: name, en: name }) })
  }
}

const OfRole = ({ report, role }: { readonly report: Report; readonly role: string }): ReactElement => {
  const { t, language } = useText()
  const thing = useThings()
  const actionName = useActionName()
  const types = useCatalogue()
  const people = report.people.filter((one) => one.role === role && one.newlyDenied + one.newlyAllowed > 0)
  const examples = report.examples.filter((one) => one.role === role)
  const name = (one: { readonly name: string; readonly person: string }): string =>
    one.name === '' ? `…${one.person.slice(-6)}` : one.name
  return (
    <div className="dry-inside">
      <ul className="dry-people" data-testid="dry-run-people">
        {people.map((one) => (
          <li key={one.person}>
            <span>{name(one)}</span>
            <span className="quiet small">
              {t('dryRun.both', {
                denied: whole(one.newlyDenied, language),
                allowed: whole(one.newlyAllowed, language),
              })}
            </span>
          </li>
        ))}
      </ul>
      {examples.length === 0 ? null : (
        <Table
          data-testid="dry-run-examples"
          headings={['when', 'who', 'what', 'record', 'change', 'because'].map((key) => t(`dryRun.${key}`))}
        >
          {examples.map((one) => {
            const type = types.find((each) => each.name === one.on)
            return (
              <tr key={`${one.entry} ${one.action}`}>
                <td>{instant(one.at, language)}</td>
                <td>{name(one)}</td>
                <td>
                  {thing(one.on)} · {actionName(one.on, one.action)}
                </td>
                <td className="mono">
                  {one.record === null ? (
                    '–'
                  ) : type ? (
                    <Link to={`/${type.plural}/${one.record}`}>…{one.record.slice(-6)}</Link>
                  ) : (
                    `…${one.record.slice(-6)}`
                  )}
                </td>
                <td>
                  <span className="dry-change" data-tone={one.change}>
                    {t(`dryRun.${one.change}`)}
                  </span>
                </td>
                <td className="mono small" style={{ whiteSpace: 'normal' }}>
                  {one.policies.length > 0
                    ? one.policies.join(', ')
                    : one.change === 'newlyDenied'
                      ? t('dryRun.noPermit')
                      : '–'}
                </td>
                <td />
              </tr>
            )
          })}
        </Table>
      )}
    </div>
  )
}

const Actions = ({ report }: { readonly report: Report }): ReactElement | null => {
  const { t, language } = useText()
  const thing = useThings()
  const actionName = useActionName()
  if (report.actions.length === 0) return null
  return (
    <Table
      data-testid="dry-run-actions"
      headings={['what', 'action', 'newlyDenied', 'newlyAllowed'].map((key) => t(`dryRun.${key}`))}
    >
      {report.actions.slice(0, 30).map((one) => (
        <tr key={`${one.on} ${one.action}`}>
          <td>{thing(one.on)}</td>
          <td>{actionName(one.on, one.action)}</td>
          <td className="mono">{whole(one.newlyDenied, language)}</td>
          <td className="mono">{whole(one.newlyAllowed, language)}</td>
          <td />
        </tr>
      ))}
    </Table>
  )
}
