// A record seen in part only: groups this person sees elsewhere are hidden here, so it is shared with them or in the pool.
// The server decides every act anyway; this only spares buttons that would be refused.
import type { RecordAnswer, TypeAbilities } from '../contract.ts'

export const isPartial = (record: RecordAnswer, abilities: TypeAbilities): boolean =>
  Object.entries(record.groups).some(([group, how]) => how === 'hidden' && (abilities.groups[group]?.view ?? false))
