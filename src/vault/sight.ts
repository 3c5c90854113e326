// What of a row is seen, masked or hidden, group by group. Groups under the same policies are asked once a row, and rows that come out
// alike share one answer. Keeps vault-1, vault-5.
import type { FieldGroup, RecordType } from '#kernel'
import type { Decider } from '#access'
import { groupsOf, type Row } from './row.ts'
import type { Sight } from './gate.ts'
import type { Visibility } from './vault.ts'

export const createSight = (
  type: RecordType,
  deciderOf: (action: string) => Decider,
  ask: (decider: Decider, row: Row) => boolean,
): ((row: Row) => Sight) => {
  const deciders: Decider[] = []
  const places = new Map<string, number>()
  const placeOf = (action: string): number => {
    const decider = deciderOf(action)
    const place = places.get(decider.key) ?? deciders.push(decider) - 1
    places.set(decider.key, place)
    return place
  }
  const groups = groupsOf(type).map((group) => ({
    group,
    view: placeOf(`view.${group}`),
    unmask: placeOf(`unmask.${group}`),
  }))
  // At most two to the power of the different questions, of which there are few.
  const known = new Map<string, Sight>()
  return (row) => {
    const answers = deciders.map((decider) => ask(decider, row))
    const key = answers.join()
    const seen = known.get(key)
    if (seen) return seen
    const sight = {} as Record<FieldGroup, Visibility>
    for (const { group, view, unmask } of groups)
      sight[group] = answers[view] !== true ? 'hidden' : answers[unmask] === true ? 'plain' : 'masked'
    known.set(key, Object.freeze(sight))
    return sight
  }
}
