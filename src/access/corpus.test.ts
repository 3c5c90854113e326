// The official corpus: every request decided by our closure must come out as written there: decision, reasons, errors.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  schemaToJson,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { EntityJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { compilePolicy, decide, order } from './engine.ts'
import { type Entity, EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { fromCedarJson } from './json.ts'
import { Failure, RecordValue, Ref, type Value } from './value.ts'

const archive = fileURLToPath(new URL('../../../shared/data/cedar/corpus-a.tar.gz', import.meta.url))

interface Uid {
  readonly type: string
  readonly id: string
}
interface CorpusTest {
  readonly requests: readonly {
    readonly principal: Uid
    readonly action: Uid
    readonly resource: Uid
    readonly context: Record<string, unknown>
    readonly decision: 'allow' | 'deny'
    readonly reason: readonly string[]
    readonly errors: readonly string[]
  }[]
}
interface RawEntity {
  readonly uid: Uid
  readonly attrs: Record<string, unknown>
  readonly parents: readonly Uid[]
  readonly tags?: Record<string, unknown>
}

/** JSON.parse rounds beyond 2^53; the source text of each number does not. */
const lossless = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? BigInt(context.source) : value,
  )

const value = (json: unknown): Value => {
  const result = fromCedarJson(json)
  if (result instanceof Failure) throw new Error(result.message)
  return result
}

const toEntity = (raw: RawEntity): Entity => {
  const map = (given: Record<string, unknown> = {}): ReadonlyMap<string, Value> =>
    new Map(Object.entries(given).map(([name, json]) => [name, value(json)]))
  const [attrs, tags] = [map(raw.attrs), map(raw.tags)]
  return {
    ref: new Ref(raw.uid.type, raw.uid.id),
    parents: raw.parents.map(({ type, id }) => new Ref(type, id)),
    attr: (name) => attrs.get(name),
    tag: (name) => tags.get(name),
    names: () => [...attrs.keys()],
  }
}

const mark = '\u{E000}'

/** Whole numbers the official parser would hand over rounded travel through it as marked strings. */
const hideLongs = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|\b\d{16,}\b/g, (token) => (token.startsWith('"') ? token : `"${mark}${token}"`))

const isMarked = (json: unknown): json is { readonly Value: string } =>
  typeof json === 'object' &&
  json !== null &&
  'Value' in json &&
  typeof json.Value === 'string' &&
  json.Value.startsWith(mark)

const showLongs = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(showLongs)
  if (typeof json !== 'object' || json === null) return json
  if (isMarked(json)) return { Value: BigInt(json.Value.slice(mark.length)) }
  if ('neg' in json) {
    const { arg } = json.neg as { readonly arg: unknown }
    if (isMarked(arg)) return { Value: -BigInt(arg.Value.slice(mark.length)) }
  }
  return Object.fromEntries(Object.entries(json).map(([name, inner]) => [name, showLongs(inner)]))
}

const policiesOf = (text: string): readonly PolicyJson[] => {
  const parts = policySetTextToParts(hideLongs(text))
  if (parts.type !== 'success') throw new Error(parts.errors.map((error) => error.message).join())
  return parts.policies.map((part) => {
    const parsed = policyToJson(part)
    if (parsed.type !== 'success') throw new Error(parsed.errors.map((error) => error.message).join())
    return parsed.json
  })
}

/** The action hierarchy stands in the schema, not in the entity file. */
const actionsOf = (schema: string): readonly Entity[] => {
  const parsed = schemaToJson(schema)
  if (parsed.type !== 'success') throw new Error(parsed.errors.map((error) => error.message).join())
  return Object.entries(parsed.json).flatMap(([space, { actions }]) => {
    const type = space === '' ? 'Action' : `${space}::Action`
    return Object.entries(actions).map(([id, action]) =>
      toEntity({
        uid: { type, id },
        attrs: {},
        parents: (action.memberOf ?? []).map((of) => ({ type: of.type ?? type, id: of.id })),
      }),
    )
  })
}

const unpack = (): { readonly folder: string; readonly stems: readonly string[]; readonly remove: () => void } => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-corpus-'))
  execFileSync('tar', ['xzf', archive, '-C', root])
  const folder = join(root, 'corpus-tests')
  const stems = readdirSync(folder).filter((name) => name.endsWith('.cedar')).map((name) => name.slice(0, -'.cedar'.length)) // prettier-ignore
  return { folder, stems, remove: () => rmSync(root, { recursive: true }) }
}

test('[access-2] every request of the official corpus is decided as it says: decision, reasons, errors', (t) => {
  if (!existsSync(archive)) return t.skip('skipped: no shared data')
  const corpus = unpack()
  t.after(corpus.remove)
  const read = (name: string): string => readFileSync(join(corpus.folder, name), 'utf8')
  let requests = 0
  let asked = 0
  const wrong: string[] = []
  for (const [at, stem] of corpus.stems.entries()) {
    const text = read(`${stem}.cedar`)
    const compiled = order(
      policiesOf(text).map((json, i) => compilePolicy(parsePolicy(`policy${String(i)}`, showLongs(json)))),
    )
    const actions = new EntityStore(actionsOf(read(`${stem}.cedarschema`)))
    const entitiesText = read(`${stem}.entities.json`)
    const entities = new EntityStore((lossless(entitiesText) as readonly RawEntity[]).map(toEntity), actions)
    const raw = read(`${stem}.json`)
    const { requests: all } = lossless(raw) as CorpusTest
    // The official engine rounds long numbers, and asking it is slow: one test in twenty, those without such numbers.
    const askEngine = at % 20 === 0 && ![text, raw, entitiesText].some((one) => /\d{16,}/.test(one))
    if (askEngine) assert.equal(preparsePolicySet('corpus', { staticPolicies: text }).type, 'success')
    const rounded = askEngine ? (JSON.parse(raw) as CorpusTest).requests : []
    const around = askEngine
      ? (JSON.parse(entitiesText) as EntityJson[]).filter(({ uid }) => !actions.get(uid as Uid))
      : []
    for (const [n, request] of all.entries()) {
      requests++
      const context = value(request.context)
      assert.ok(context instanceof RecordValue)
      const question = {
        principal: new Ref(request.principal.type, request.principal.id),
        action: new Ref(request.action.type, request.action.id),
        resource: new Ref(request.resource.type, request.resource.id),
        context,
        entities,
        actions,
      }
      const decision = decide(compiled, question, 'skip')
      const said = print(decision.allow ? 'allow' : 'deny', decision.reasons, decision.errors)
      if (said !== print(request.decision, request.reason, request.errors))
        wrong.push(`${stem} request ${String(n)}: ${said}`)
      if (!askEngine) continue
      asked++
      const { principal, action, resource, context: given } = rounded[n] ?? request
      const answer = statefulIsAuthorized({
        principal, action, resource,
        context: given as Record<string, string>,
        preparsedPolicySetId: 'corpus',
        entities: [...around, ...hierarchy(actions)],
      }) // prettier-ignore
      assert.ok(answer.type === 'success', JSON.stringify(answer))
      const { decision: verdict, diagnostics } = answer.response
      if (said !== print(verdict, diagnostics.reason, diagnostics.errors.map((error) => error.policyId))) wrong.push(`${stem} against the engine: ${said}`) // prettier-ignore
    }
  }
  assert.deepEqual(wrong, [])
  assert.equal(requests, 31_688)
  assert.ok(asked > 1000)
})

const print = (decision: string, reasons: readonly string[], errors: readonly string[]): string =>
  `${decision} reasons ${reasons.toSorted().join(' ')} errors ${errors.toSorted().join(' ')}`

const hierarchy = (actions: EntityStore): EntityJson[] =>
  [...actions.all()].map((one) => ({
    uid: { type: one.ref.type, id: one.ref.id },
    attrs: {},
    parents: one.parents.map(({ type, id }) => ({ type, id })),
  }))
