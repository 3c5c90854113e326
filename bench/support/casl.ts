// The sales roles of the bench in the words of CASL, the permission library most web applications know: rules and conditions per action
// and type. The ability is built for the request, as one must whose rules name the person who asks.
import { type AbilityTuple, createMongoAbility, type MongoAbility, type RawRuleOf, subject } from '@casl/ability'

export interface CaslCase {
  readonly person: string
  readonly role: string
  readonly active: boolean
  readonly purpose: string
  /** The teams that are in the person's team, itself too. */
  readonly teams: readonly string[]
  readonly action: string
  readonly type: string
  readonly row: Readonly<Record<string, unknown>>
}

type Ability = MongoAbility<AbilityTuple<string, string | Readonly<Record<string, unknown>>>>

/** Whether CASL allows it, its ability built from scratch. */
export const caslAllows = (one: CaslCase): boolean => {
  const ability = createMongoAbility<Ability>([...rulesOf(one)])
  return ability.can(one.action, subject(one.type, { ...one.row }))
}

const reads = ['list', 'history', 'view.basic', 'view.contact', 'view.identity', 'view.financial', 'view.notes', 'unmask.basic', 'unmask.contact', 'unmask.financial', 'unmask.notes'] // prettier-ignore
const writes = ['create', 'delete', 'recover', 'assign', 'claim', 'share', 'import', 'edit.basic', 'edit.contact', 'edit.financial', 'edit.notes'] // prettier-ignore

const rulesOf = ({ person, role, active, purpose, teams }: CaslCase): readonly RawRuleOf<Ability>[] => [
  ...(role === 'administrator' ? [{ action: [...reads, ...writes], subject: 'all' }] : []),
  ...(role === 'manager'
    ? [
        { action: [...reads, ...writes, 'export'], subject: 'all', conditions: { team_id: { $in: [...teams] } } },
        { action: [...reads, ...writes], subject: 'all', conditions: { owner_id: person } },
        { action: ['list', 'view.basic', 'claim', 'assign'], subject: 'all', conditions: { owner_id: null } },
      ]
    : []),
  ...(role === 'sales'
    ? [
        { action: [...reads, ...writes], subject: 'all', conditions: { owner_id: person } },
        { action: ['list', 'view.basic', 'unmask.basic', 'claim'], subject: 'all', conditions: { owner_id: null } },
        { action: ['list', 'view.basic', 'unmask.basic', 'view.contact'], subject: 'all', conditions: { shared_with: person } },
      ]
    : []),
  { action: 'export', subject: 'all', inverted: true, ...(purpose === '' ? {} : { conditions: { id: '' } }) },
  { action: ['unmask.contact', 'unmask.identity'], subject: 'all', inverted: true, conditions: { owner_id: purpose === '' ? { $ne: person } : '' } },
  { action: writes.filter((name) => name.startsWith('edit') || ['assign', 'claim', 'share'].includes(name)), subject: 'all', inverted: true, conditions: { deleted_at: { $ne: null } } },
  ...(active ? [] : [{ action: 'manage', subject: 'all', inverted: true }]),
] // prettier-ignore
