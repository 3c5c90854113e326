// The copy of the repository at another place: no machine here can see it, so a person says where it is and confirms it. Keeps server-60.
import { services } from '#kernel'
import type { OffSiteAnswer, OffSiteRequest } from './contract.ts'
import type { House } from './house.ts'
import type { GuardedRoute } from './route.ts'
import { answer, integer, number, orNull, request, string, text } from './schema.ts'

const out = orNull(
  answer({ place: string, everyDays: number, immutableDays: number, confirmedAt: string, confirmedBy: string }),
)

const days = { ...integer, minimum: 0, maximum: 36_500 }

export const offSiteRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/backups/offsite',
    summary: 'The declared copy of the repository at another place',
    action: 'backup.view',
    resource: 'system',
    out,
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'backup.view')
      return offSite(house)
    },
  },
  {
    method: 'POST',
    path: '/api/backups/offsite',
    summary: 'Declare the copy at another place, and confirm that it is there',
    action: 'backup.create',
    resource: 'system',
    body: request({ place: text(200), everyDays: { ...days, minimum: 1 }, immutableDays: days }),
    out,
    handler: async (call) => {
      const { house, actor } = call
      await house.vault.demand(actor, 'backup.create')
      const declared = call.body as OffSiteRequest
      const { channel, ip } = actor.env
      const by = actor.principal.id
      await house.store.transaction({ tenant: house.tenant, principal: by }, async (tx) => {
        await tx.query({
          text: `insert into ops.setting (tenant_id, name, value) values ($1, $2, $3::jsonb)
                 on conflict (tenant_id, name) do update set value = excluded.value, updated_at = now()`,
          values: [
            house.tenant,
            name,
            JSON.stringify({ ...declared, place: declared.place.trim(), confirmedAt: actor.env.now.toISOString(), by }),
          ],
        })
        // The place is nobody's personal value, and it is what the entry is about.
        const told = { act: 'backup.offsite', obj: 'installation', actor: by, decision: 'allow' } as const
        await house.journal.append(tx, house.tenant, [{ ...told, purpose: declared.place.trim(), channel, ip }])
      })
      return offSite(house)
    },
  },
]

/** Read by control BKP-03. */
const name = 'backup.offSite'

const offSite = async (house: House): Promise<OffSiteAnswer | null> => {
  const [row] = await house.store.transaction(
    { tenant: house.tenant, principal: services.system },
    (tx) =>
      tx.query<{ value: Partial<OffSiteAnswer> & { readonly by?: string } }>({
        text: 'select value from ops.setting where tenant_id = $1 and name = $2',
        values: [house.tenant, name],
      }),
    { readOnly: true },
  )
  if (!row) return null
  const { place = '', everyDays = 0, immutableDays = 0, confirmedAt = '', by } = row.value
  const confirmedBy = by === undefined ? '' : ((await house.staff.get(by))?.name ?? '')
  return { place, everyDays, immutableDays, confirmedAt, confirmedBy }
}
