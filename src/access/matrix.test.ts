// The role matrix: who may do what to which record, by the shipped policies. Reviewing its diff is reviewing a change of rights.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import { fieldGroups } from '#kernel'
import { catalogue } from '#testing'
import { compilePolicies } from './policyset.ts'
import { mayOnRecord, mayOnSystem, stances } from './scenario.ts'
import { accessSchema, recordActions, systemActions } from './schema.ts'
import { shippedPolicies } from './shipped.ts'

const golden = new URL('../../test/golden/access-matrix.txt', import.meta.url)
const policies = compilePolicies(accessSchema(catalogue), shippedPolicies())
const actions = [
  ...recordActions,
  ...['view', 'unmask', 'edit'].flatMap((verb) => fieldGroups.map((group) => `${verb}.${group}`)),
]

const matrix = (): string => {
  const head = (title: string, cells: readonly string[]): string => [title.padEnd(18), ...cells].join('  ').trimEnd()
  const width = (role: string): number => Math.max(role.length, stances.length)
  const lines = [
    'What each role may do by the shipped policies. + yes, p only with a purpose, . no.',
    'A cell holds one sign per kind of record: own, mate (same team), team (a team below), shared (by another team), pool (nobody’s), other.',
  ]
  for (const { name: type } of catalogue.types) {
    lines.push('', head(type, policies.roles))
    for (const action of actions) {
      const cells = policies.roles.map((role) => {
        const signs = stances.map((stance) => {
          const may = (purpose: string): boolean =>
            mayOnRecord(policies, catalogue, { role, action, type, stance, purpose })
          return may('') ? '+' : may('a purpose') ? 'p' : '.'
        })
        return signs.join('').padEnd(width(role))
      })
      lines.push(head(action, cells))
    }
  }
  lines.push('', head('system', policies.roles))
  for (const action of systemActions) {
    lines.push(head(action, policies.roles.map((role) => (mayOnSystem(policies, { role, action }) ? '+' : '.').padEnd(width(role))))) // prettier-ignore
  }
  return `${lines.join('\n')}\n`
}

test('[access-10] the role matrix of the shipped policies is the golden one', () => {
  const now = matrix()
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(new URL('.', golden), { recursive: true })
    writeFileSync(golden, now)
  }
  assert.equal(now, readFileSync(golden, 'utf8'))
})
