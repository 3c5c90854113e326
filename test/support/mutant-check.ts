// What the compiler makes of fixed questions, in lines to compare: a mutant that changes none of them has not been noticed.
import type { Predicate } from '#kernel'
import { allows, compilePolicy, decide, order } from '../../src/access/engine.ts'
import { EntityStore } from '../../src/access/entity.ts'
import { parsePolicy } from '../../src/access/est.ts'
import { parseIp } from '../../src/access/ip.ts'
import { decider, narrow } from '../../src/access/narrow.ts'
import { plan } from '../../src/access/predicate.ts'
import { Datetime } from '../../src/access/time.ts'
import { RecordValue, Ref, toRecord, type Value } from '../../src/access/value.ts'
import { holds, type Row, said } from './cedar.ts'
import { ask, listOf, planOf, userRows } from './differential.ts'
import { edgeContext, edgeDoc, edgeEntities, edgeUser } from './edge-cases.ts'

/** One question: policies in Cedar's JSON form, who asks, and whether there is an address and a second factor. */
export interface Case {
  readonly json: readonly unknown[]
  readonly asker: string
  readonly full: boolean
}

export const contextOf = (full: boolean): RecordValue => {
  const address = full ? parseIp('10.1.2.3') : undefined
  const fields: [string, Value][] = [['mfa', full], ['purpose', full ? 'a%b' : ''], ['now', new Datetime(1_709_164_800_000n)]] // prettier-ignore
  if (full) fields.push(['count', 3n])
  if (address) fields.push(['ip', address])
  return new RecordValue(new Map(fields))
}

const compiledOf = (json: readonly unknown[]) =>
  order(json.map((one, i) => compilePolicy(parsePolicy(`p${String(i)}`, one))))

/** Decision, reasons and errors for each row; the official engine says the same (mutants.test.ts). */
export const decisions = ({ json, asker, full }: Case, rows: readonly Row[]): readonly string[] => {
  const compiled = compiledOf(json)
  return rows.map((of) => {
    const { allow, reasons, errors } = decide(compiled, ask(new Ref('User', asker), contextOf(full), of), 'skip')
    return said(allow, reasons, errors)
  })
}

/** Everything else that must come to the same: the short way, a page narrowed, the row condition and its two sides. */
export const consequences = ({ json, asker, full }: Case, rows: readonly Row[]): readonly string[] => {
  const compiled = compiledOf(json)
  const [principal, context] = [new Ref('User', asker), contextOf(full)]
  const question = listOf(principal, context)
  const { predicate, postFilter } = planOf(compiled, question)
  const left = narrow(compiled.map(({ policy }) => policy), { ...question, type: 'Thing' }, 'deny') // prettier-ignore
  const page = decider(left, question, 'deny')
  const sides = compiled.map(({ policy }) => plan(policy, question, { perhaps: false }))
  const tables = { thing_user: userRows }
  return rows.map((of) => {
    const asked = ask(principal, context, of)
    const list = holds(predicate, of, tables)
    return [
      allows(compiled, asked, 'skip'),
      allows(compiled, asked, 'deny'),
      decide(compiled, asked, 'deny').allow,
      page.always ?? page.allows(asked.resource, asked.entities),
      postFilter ? 'perhaps' : list,
      ...sides.flatMap(({ t, f }) => [holds(t, of, tables), holds(f, of, tables)]),
    ].join(' ')
  })
}

/** What each written edge case comes to. */
export const edges = (json: readonly unknown[]): readonly string[] =>
  json.map((one) => {
    const question = {
      principal: edgeUser,
      action: new Ref('Action', 'a'),
      resource: edgeDoc,
      context: toRecord(edgeContext()),
      entities: edgeEntities,
      actions: new EntityStore(),
    }
    const { allow, errors } = decide(compiledOf([one]), question, 'skip')
    return errors.length > 0 ? 'error' : String(allow)
  })

/** The conditions of the cases, for asking PostgreSQL. */
export const conditions = ({ json, asker, full }: Case): readonly Predicate[] =>
  compiledOf(json).flatMap(({ policy }) => {
    const { t, f } = plan(policy, listOf(new Ref('User', asker), contextOf(full)), { perhaps: false })
    return [t, f]
  })

export { userRows } from './differential.ts'
