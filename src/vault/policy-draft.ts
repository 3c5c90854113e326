// One draft of a change for each person, kept as it was typed until it is proposed or thrown away. Keeps vault-247.
import { type Actor, Fault, scopeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { demand, sameGround } from './policy-control.ts'

export interface PolicyDraft {
  readonly userId: Uuid
  readonly title: string
  /** As it was typed; it may not hold yet. */
  readonly document: string
  /** The version it began from. */
  readonly base: number
  /** Another document has come into force since. */
  readonly moved: boolean
  readonly revision: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A draft of somebody else: that there is one, of whom and since when. */
export type DraftLine = Pick<PolicyDraft, 'userId' | 'title' | 'base' | 'updatedAt'>

export interface PolicyDrafts {
  /** The own one, or null. Needs policy.edit, as all of these. */
  own(actor: Actor): Promise<PolicyDraft | null>
  /** Everybody's, newest first, without what is in them. */
  all(actor: Actor): Promise<readonly DraftLine[]>
  /** revision: of the draft as it was read, null for a new one. Throws conflict where it was saved elsewhere since. */
  save(actor: Actor, draft: { readonly title: string; readonly document: string; readonly base: number; readonly revision: number | null }): Promise<PolicyDraft>
  discard(actor: Actor): Promise<void>
} // prettier-ignore

export const createPolicyDrafts = (house: House): PolicyDrafts => ({
  own: async (actor) => {
    await demand(house, actor, 'policy.edit')
    return house.store.transaction(scopeOf(actor), (tx) => ownOf(house, tx, actor))
  },
  all: async (actor) => {
    await demand(house, actor, 'policy.edit')
    return house.store.transaction(scopeOf(actor), (tx) =>
      tx.query<DraftLine>({
        text: `select user_id as "userId", title, base, updated_at as "updatedAt" from ops.policy_draft where tenant_id = $1
               order by updated_at desc limit 100`,
        values: [house.tenant],
      }),
    )
  },
  save: async (actor, { title, document, base, revision }) => {
    await demand(house, actor, 'policy.edit')
    return house.store.transaction(scopeOf(actor), async (tx) => {
      const values = [house.tenant, actor.principal.id, title, document, base, house.clock.now()]
      const saved =
        revision === null
          ? await tx.query({
              text: `insert into ops.policy_draft (tenant_id, user_id, title, document, base, revision, created_at, updated_at)
                     values ($1, $2, $3, $4, $5, 1, $6, $6) on conflict (tenant_id, user_id) do nothing returning revision`,
              values,
            })
          : await tx.query({
              text: `update ops.policy_draft set title = $3, document = $4, base = $5, updated_at = $6, revision = revision + 1
                     where tenant_id = $1 and user_id = $2 and revision = $7 returning revision`,
              values: [...values, revision],
            })
      const draft = await ownOf(house, tx, actor)
      if (saved.length === 0 || !draft) throw new Fault('conflict', { what: 'draft' })
      return draft
    })
  },
  discard: async (actor) => {
    await demand(house, actor, 'policy.edit')
    await house.store.transaction(scopeOf(actor), (tx) =>
      tx.query({
        text: 'delete from ops.policy_draft where tenant_id = $1 and user_id = $2',
        values: [house.tenant, actor.principal.id],
      }),
    )
  },
})

const ownOf = async (house: House, tx: Tx, actor: Actor): Promise<PolicyDraft | null> => {
  const [row] = await tx.query<Omit<PolicyDraft, 'moved'>>({
    text: `select user_id as "userId", title, document, base, revision, created_at as "createdAt", updated_at as "updatedAt"
           from ops.policy_draft where tenant_id = $1 and user_id = $2`,
    values: [house.tenant, actor.principal.id],
  })
  return row ? { ...row, moved: !(await sameGround(house, tx, row.base)) } : null
}
