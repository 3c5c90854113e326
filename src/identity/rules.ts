// The organisation's rules of sign-in: for which roles a second factor is required, and how old a confirmation may be. Keeps identity-172, identity-173.
import { Fault } from '#kernel'
import { type By, entry, type Parts, scopeOfSystem } from './house.ts'

export interface SignInRules {
  /** Roles that open nothing before they have a second factor. */
  readonly secondFactorRoles: readonly string[]
  /** A dangerous act asks again when the last confirmation is older than this. */
  readonly confirmMinutes: number
}

/** Where they stand in ops.setting. */
export const rulesName = 'sign-in'

export const usualRules: SignInRules = { secondFactorRoles: [], confirmMinutes: 10 }

/** The rules out of what is stored; what is missing or misshapen is as usual. */
export const readRules = (value: unknown): SignInRules => {
  if (typeof value !== 'object' || value === null) return usualRules
  const { secondFactorRoles, confirmMinutes } = value as Partial<Record<keyof SignInRules, unknown>>
  return {
    secondFactorRoles: Array.isArray(secondFactorRoles)
      ? secondFactorRoles.filter((role): role is string => typeof role === 'string')
      : usualRules.secondFactorRoles,
    confirmMinutes: isMinutes(confirmMinutes) ? confirmMinutes : usualRules.confirmMinutes,
  }
}

const isMinutes = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 60

export const signInRules = async (parts: Parts): Promise<SignInRules> => {
  const [row] = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query<{ value: unknown }>({
        text: 'select value from ops.setting where tenant_id = $1 and name = $2',
        values: [parts.tenant, rulesName],
      }),
    { readOnly: true },
  )
  return readRules(row?.value)
}

/** Takes new rules at once, for sessions that are open too. */
export const setSignInRules = async (parts: Parts, rules: SignInRules, by: By): Promise<void> => {
  if (!isMinutes(rules.confirmMinutes))
    throw new Fault('bad-value', { field: 'confirmMinutes', what: 'expected whole minutes from 1 to 60' })
  const kept: SignInRules = {
    secondFactorRoles: [...new Set(rules.secondFactorRoles)].sort(),
    confirmMinutes: rules.confirmMinutes,
  }
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: `insert into ops.setting (tenant_id, name, value) values ($1, $2, $3::jsonb)
        on conflict (tenant_id, name) do update set value = excluded.value`,
      values: [parts.tenant, rulesName, JSON.stringify(kept)],
    })
    await parts.journal.append(tx, parts.tenant, [
      entry('sign-in-rules.change', null, by, {
        secondFactorRoles: kept.secondFactorRoles,
        confirmMinutes: kept.confirmMinutes,
      }),
    ])
  })
}
