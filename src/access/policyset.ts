// The policies in force: validated, compiled, and asked for decisions, row conditions and explanations. Keeps access-4 to access-9.
import { Fault, type Predicate } from '#kernel'
import { compileAll, conditionsOf, type Question } from './closure.ts'
import { type ColumnMap, staffEntities } from './columns.ts'
import { allows, type Compiled, type Decision, decide, type OnForbidError, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import type { Node, Policy } from './est.ts'
import { and } from './formula.ts'
import { explain, type Explanation } from './explain.ts'
import { walk } from './lint.ts'
import { parsePolicies, type PolicyText, readPolicies, readSchema } from './official.ts'
import { createMemo, partOf } from './memo.ts'
import { asksAction, type Decider, decider, type Left, narrow } from './narrow.ts'
import { plan, planAll, type RowCondition } from './predicate.ts'
import { surroundingsOf } from './question.ts'
import { type CedarValue, type EntityUid, RecordValue, Ref, ref, toRecord } from './value.ts'

/** May this principal do this to that, here and now? */
export interface Request {
  readonly principal: EntityUid
  readonly action: string
  readonly resource: EntityUid
  readonly context: RecordValue | { readonly [name: string]: CedarValue }
  /** Principal, resource and whatever is around them. */
  readonly entities: EntityStore
}

/** Which rows of a type may this principal do this to? */
export interface ListRequest extends Omit<Request, 'resource'> {
  readonly columns: ColumnMap
}

/** May this principal do this, here and now, to one record of a type after another? */
export interface DeciderRequest extends Omit<Request, 'resource'> {
  /** Cedar type of the records. */
  readonly type: string
}

export interface PolicySet {
  readonly policies: readonly PolicyText[]
  readonly actions: readonly string[]
  /** Roles that the policies name. */
  readonly roles: readonly string[]
  /** Every policy is asked; reasons and errors are complete. */
  decide(request: Request): Decision
  /** Only whether; stops as soon as it is clear. */
  allows(request: Request): boolean
  /** The same decision as `allows`, for many records. The principal's part is kept as long as `entities` is. */
  decider(request: DeciderRequest): Decider
  predicate(request: ListRequest): RowCondition
  /**
   * Rows on which no forbid holds, whatever the surroundings, as a condition over facts about whoever asks; where SQL cannot say it, rows
   * on which one may hold are among them. Permits count for nothing.
   */
  unforbidden(action: string, columns: ColumnMap): Predicate
  /** Whether there could be a row it is allowed for: what buttons ask. */
  couldAllow(request: ListRequest): boolean
  /** Which of the surroundings the policies for an action and a type ask for; `*`: the whole of them. */
  looksAt(action: string, type: string): ReadonlySet<string>
  explain(request: Request): Explanation
}

export interface CompileOptions {
  /** deny: a forbid that errs forbids. skip: as Cedar itself does, for comparing with it; predicates are then refused. */
  readonly onForbidError?: OnForbidError
  /** They were validated before: parse them alone. */
  readonly validated?: boolean
}

/** Parses, validates against the schema and compiles. Throws policy-invalid naming the policy and what is wrong with it. */
export const compilePolicies = (
  schema: string,
  policies: readonly PolicyText[],
  options: CompileOptions = {},
): PolicySet => {
  const actions = readSchema(schema)
  const parsed = options.validated === true ? parsePolicies(policies) : readPolicies(schema, policies)
  const onForbidError = options.onForbidError ?? 'deny'
  const index = buildIndex(parsed, actions)

  const find = (action: string): ActionIndex => index.get(action) ?? nothing
  const ask = (request: Request): { readonly compiled: readonly Compiled[]; readonly question: Question } => {
    const at = find(request.action)
    return {
      compiled: ofType(at, request.resource.type),
      question: {
        principal: ref(request.principal),
        action: at.ref,
        resource: ref(request.resource),
        context: recordOf(request),
        entities: request.entities,
        actions,
      },
    }
  }
  const looked = new Map<string, ReadonlySet<string>>()
  const looksAt = (action: string, type: string): ReadonlySet<string> => {
    const key = JSON.stringify([action, type])
    const found = looked.get(key) ?? askedOf(ofType(find(action), type).map(({ policy }) => policy))
    looked.set(key, found)
    return found
  }
  const conditions = createMemo<RowCondition>()
  const predicate = (request: ListRequest): RowCondition => {
    if (onForbidError === 'skip')
      throw new Fault('wrong-use', { what: 'a predicate needs forbids that deny when they err' })
    const { entities, columns, action } = request
    const context = recordOf(request)
    const key = JSON.stringify([request.principal.type, request.principal.id, action])
    return conditions.of(entities, columns, key, partOf(context, looksAt(action, columns.entity)), () =>
      planned(request, context),
    )
  }
  const planned = (request: ListRequest, context: RecordValue): RowCondition => {
    const at = find(request.action)
    const candidates = ofType(at, request.columns.entity).map(({ policy }) => policy)
    return planAll(
      candidates.filter((policy) => policy.effect === 'permit'),
      candidates.filter((policy) => policy.effect === 'forbid'),
      {
        principal: ref(request.principal),
        action: at.ref,
        context,
        entities: request.entities,
        actions,
        columns: request.columns,
      },
    )
  }
  const kept = new WeakMap<EntityStore, Map<string, readonly Left[]>>()
  const narrowed = (request: DeciderRequest, principal: Ref, at: ActionIndex): readonly Left[] => {
    const { entities, type } = request
    const known = kept.get(entities) ?? new Map<string, readonly Left[]>()
    kept.set(entities, known)
    const key = JSON.stringify([principal.type, principal.id, request.action, type])
    const found = known.get(key)
    if (found) return found
    const candidates = ofType(at, type).map(({ policy }) => policy)
    const left = narrow(candidates, { principal, action: at.ref, entities, actions, type }, onForbidError)
    known.set(key, left)
    return left
  }
  // A rail says the same about most actions.
  const told = new WeakMap<ColumnMap, Map<Policy, Predicate>>()
  const whereNot = (policy: Policy, action: Ref, columns: ColumnMap): Predicate => {
    const known = told.get(columns) ?? new Map<Policy, Predicate>()
    told.set(columns, known)
    const question = { principal: nobody, action, context: nothingAround, entities: empty, actions, columns } as const
    const found = known.get(policy) ?? plan(policy, { ...question, byFacts: true }, { perhaps: false }).f
    if (!asksAction(policy)) known.set(policy, found)
    return found
  }
  return {
    policies,
    actions: [...index.keys()],
    roles: rolesOf(parsed),
    decide: (request) => {
      const { compiled, question } = ask(request)
      return decide(compiled, question, onForbidError)
    },
    allows: (request) => {
      const { compiled, question } = ask(request)
      return allows(compiled, question, onForbidError)
    },
    decider: (request) => {
      const at = find(request.action)
      const { entities } = request
      const question = {
        principal: ref(request.principal),
        action: at.ref,
        context: recordOf(request),
        entities,
        actions,
      }
      // Others are inside of a person or a team: laid over the rest, such a record changes what was known before.
      if (staffEntities.has(request.type)) {
        const compiled = ofType(at, request.type)
        return {
          key: `whole of ${request.action}`,
          allows: (resource, around) =>
            allows(compiled, { ...question, resource: ref(resource), entities: around }, onForbidError),
        }
      }
      return decider(narrowed(request, question.principal, at), question, onForbidError)
    },
    predicate,
    unforbidden: (action, columns) => {
      const at = find(action)
      const forbids = ofType(at, columns.entity).flatMap(({ policy }) => (policy.effect === 'forbid' ? [policy] : []))
      return and(...forbids.map((policy) => whereNot(policy, at.ref, columns)))
    },
    couldAllow: (request) => predicate(request).predicate.kind !== 'false',
    looksAt,
    explain: (request) => {
      const { compiled, question } = ask(request)
      return explain(compiled, question, onForbidError)
    },
  }
}

const rolesOf = (policies: readonly Policy[]): readonly string[] => {
  const nodes = policies.flatMap((policy) => conditionsOf(policy).flatMap(walk))
  const named = nodes.flatMap((node) =>
    node.op === 'value' && node.value instanceof Ref && node.value.type === 'Role' ? [node.value.id] : [],
  )
  return [...new Set(named)].toSorted()
}

const askedOf = (policies: readonly Policy[]): ReadonlySet<string> => {
  const nodes = policies.flatMap((policy) => conditionsOf(policy).flatMap(walk))
  const isContext = (node: Node): boolean => node.op === 'var' && node.name === 'context'
  const named = nodes.flatMap((node) => ((node.op === 'get' || node.op === 'has') && isContext(node.of) ? [node.attr] : [])) // prettier-ignore
  return new Set(nodes.filter(isContext).length > named.length ? [...named, '*'] : named)
}

interface ActionIndex {
  readonly ref: Ref
  /** Policies whose action scope fits, by what their resource scope says of the type; any: those that say nothing. */
  readonly byType: ReadonlyMap<string, readonly Compiled[]>
  readonly any: readonly Compiled[]
}

// Stand where nobody asks yet; conditions over facts look at neither.
const nobody = new Ref('User', '')
const nothingAround = new RecordValue(new Map())
const empty = new EntityStore([])

const nothing: ActionIndex = { ref: new Ref('Action', ''), byType: new Map(), any: [] }

const ofType = (at: ActionIndex, type: string): readonly Compiled[] => at.byType.get(type) ?? at.any

const recordOf = ({ action, context }: Pick<Request, 'action' | 'context'>): RecordValue =>
  surroundingsOf(action, context instanceof RecordValue ? context : toRecord(context))

/** What does not depend on the principal, the record and the surroundings is decided here, once: the action and the type. */
const buildIndex = (policies: readonly Policy[], actions: EntityStore): ReadonlyMap<string, ActionIndex> => {
  const compiled = new Map(policies.map((policy) => [policy, { policy, test: compileAll(rest(policy)) }]))
  const pick = (list: readonly Policy[]): readonly Compiled[] =>
    order(list.flatMap((policy) => compiled.get(policy) ?? []))
  const index = new Map<string, ActionIndex>()
  for (const action of actions.all()) {
    const applies = compileScope(action.ref, actions)
    const fitting = policies.filter(applies)
    const types = new Set(fitting.flatMap((policy) => scopeType(policy.scope.resource) ?? []))
    index.set(action.ref.id, {
      ref: action.ref,
      byType: new Map(
        [...types].map((type) => [
          type,
          pick(fitting.filter((policy) => (scopeType(policy.scope.resource) ?? type) === type)),
        ]),
      ),
      any: pick(fitting.filter((policy) => scopeType(policy.scope.resource) === undefined)),
    })
  }
  return index
}

const compileScope = (action: Ref, actions: EntityStore): ((policy: Policy) => boolean) => {
  const question = { principal: action, action, resource: action, context: toRecord({}), entities: actions, actions }
  return (policy) => compileAll([policy.scope.action])(question) === true
}

/** The type a resource scope demands, if it demands one. */
const scopeType = (scope: Node): string | undefined => {
  if (scope.op === 'is') return scope.type
  if (scope.op === 'and') return scopeType(scope.left)
  if (scope.op !== 'strict' || scope.name !== 'equal') return undefined
  const [, of] = scope.args
  return of?.op === 'value' && of.value instanceof Ref ? of.value.type : undefined
}

/** What is left to ask of a policy found in the index. */
const rest = (policy: Policy): readonly Node[] => {
  const { principal, resource } = policy.scope
  const left = resource.op === 'is' ? [] : resource.op === 'and' ? [resource.right] : [resource]
  return [principal, ...left, ...policy.conditions]
}
