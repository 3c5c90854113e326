// Rows of our own exports: records that are still there are compared and changed by id, others are imported anew. Keeps crm-14.
import { type Actor, type Fault, type FieldGroup, isFault, type Label, type RecordType, type Uuid } from '#kernel'
import type { BatchOutcome, Draft, FieldValue, Seen, Vault } from '#vault'
import type { Converted } from './convert.ts'

interface Ready {
  readonly one: Converted
  readonly draft: Draft
}

/** One outcome for each row, in order. What a row leaves empty is left as it is. */
export const applyOwn = async (
  vault: Vault,
  actor: Actor,
  type: RecordType,
  ready: readonly Ready[],
): Promise<readonly BatchOutcome[]> => {
  const ids = ready.flatMap(({ one }) => (one.id === undefined ? [] : [one.id]))
  const there = ids.length === 0 ? {} : await vault.titles(actor, type.name, ids)
  const isThere = ({ one }: Ready): boolean => one.id !== undefined && one.id in there
  const outcomes = new Map<Ready, BatchOutcome>()
  const known = ready.filter(isThere)
  for (let i = 0; i < known.length; i += 8) {
    const few = known.slice(i, i + 8)
    const done = await Promise.all(few.map((entry) => applyOne(vault, actor, type, entry.one.id ?? '', entry.draft)))
    few.forEach((entry, j) => {
      const outcome = done[j]
      if (outcome) outcomes.set(entry, outcome)
    })
  }
  const anew = ready.filter((entry) => !isThere(entry))
  const created =
    anew.length === 0
      ? []
      : await vault.importBatch(
          actor,
          type.name,
          anew.map(({ draft }) => draft),
        )
  anew.forEach((entry, i) => {
    const outcome = created[i]
    if (outcome) outcomes.set(entry, outcome)
  })
  return ready.map((entry) => outcomes.get(entry) ?? { state: 'refused', reason: { zh: '未处理', en: 'not handled' } })
}

const applyOne = async (
  vault: Vault,
  actor: Actor,
  type: RecordType,
  id: Uuid,
  draft: Draft,
): Promise<BatchOutcome> => {
  try {
    const seen = await vault.get(actor, type.name, id)
    const changed = Object.fromEntries(
      Object.entries(draft.values).filter(([name, value]) => differs(type, seen, name, value)),
    )
    if (Object.keys(changed).length === 0) return { state: 'unchanged', id }
    await vault.update(actor, type.name, id, seen.version, changed)
    return { state: 'updated', id }
  } catch (error) {
    if (isFault(error)) return { state: 'refused', reason: reasonOf(error) }
    throw error
  }
}

const reasonOf = (fault: Fault): Label => ({ zh: fault.in('zh'), en: fault.in('en') })

/** Masked and hidden values cannot be compared, so they are left alone. */
const differs = (type: RecordType, seen: Seen, name: string, value: FieldValue): boolean => {
  const group: FieldGroup | undefined = type.fields.find((field) => field.name === name)?.group
  if (group === undefined || (seen.groups[group] ?? 'hidden') !== 'plain') return false
  const before = seen.values[name] ?? null
  if (Array.isArray(before) && Array.isArray(value))
    return canonicalSet(before as string[]) !== canonicalSet(value as string[])
  return before !== value
}

const canonicalSet = (texts: readonly string[]): string => JSON.stringify(texts.toSorted())
