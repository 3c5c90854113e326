// Who decides what in a campaign, and how much waits for whom. Keeps vault-257.
import type { Actor, Uuid } from '#kernel'
import type { Tx } from '#store'
import { manages } from './deputies.ts'
import { createOwnGate } from './gate.ts'
import type { House } from './house.ts'
import type { NewLine } from './recertify-lines.ts'

type About = Pick<NewLine, 'personId' | 'privileged' | 'detail'>

/** People and numbers of what nobody decided yet, not the lines themselves. */
export const undecided = (house: House, tx: Tx, campaign: Uuid): Promise<readonly (About & { readonly n: number })[]> =>
  tx.query<About & { n: number }>({
    text: `select person_id as "personId", privileged, jsonb_build_object('of', detail->'of') as detail, count(*)::int as n
           from ops.recertification_line where tenant_id = $1 and campaign_id = $2 and decision is null
           group by person_id, privileged, detail->'of'`,
    values: [house.tenant, campaign],
  })

export interface Reviewer {
  /** Whether all lines are theirs to see. */
  readonly all: boolean
  decide(line: About): boolean
}

/** Whose lines somebody decides: with grant.manage everybody's, as a manager those of people whose records one could hand on; never one's own. */
export const reviewer = async (house: House, actor: Actor): Promise<Reviewer> => {
  const own = await createOwnGate(house, actor)
  const org = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  const me = actor.principal.id
  const person = actor.principal.kind === 'user' && actor.principal.bounds === undefined
  const all = person && own.system('grant.manage')
  const known = new Map<Uuid, boolean>()
  const leads = (id: Uuid): boolean => {
    const found = known.get(id) ?? (person && manages(house, own, org.users.get(id)))
    known.set(id, found)
    return found
  }
  const decide = ({ personId, detail, privileged }: About): boolean =>
    personId !== me && detail['of'] !== me && (all || (!privileged && leads(personId)))
  return { all, decide }
}
