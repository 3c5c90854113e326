// What the official corpus does not show: expressions with what they come to, in a world of one person and one document.
import { EntityStore } from '../../src/access/entity.ts'
import { parseIp } from '../../src/access/ip.ts'
import { type CedarValue, Ref } from '../../src/access/value.ts'

export const edgeUser = new Ref('User', 'u')
export const edgeDoc = new Ref('Doc', 'd')
export const edgeEntities = new EntityStore([
  {
    type: 'User',
    id: 'u',
    attrs: { n: 3, name: 'line one\nline two', tags: ['b', 'a'] },
    parents: [{ type: 'Team', id: '1' }],
  },
  { type: 'Team', id: '1', attrs: {}, parents: [{ type: 'Team', id: '2' }] },
  { type: 'Team', id: '2', attrs: {}, parents: [{ type: 'Team', id: '3' }] },
  { type: 'Team', id: '3', attrs: {}, parents: [] },
  { type: 'Doc', id: 'd', attrs: { owner: edgeUser, r: { a: 1, b: [1, 2] } }, parents: [], tags: { hot: 1 } },
])

type Case = readonly [body: string, expected: boolean | 'error']

export const comparisons: readonly Case[] = [
  ['principal.n > 3', false],
  ['principal.n > 2', true],
  ['principal.n >= 3', true],
  ['principal.n >= 4', false],
  ['principal.n != 3', false],
  ['principal.n != "3"', true],
  ['principal.n < "3"', 'error'],
  ['context.n == 3 && context.deep.er', true],
  ['context.none', 'error'],
  ['context has none', false],
  ['principal.n < 3', false],
  ['principal.n <= 3', true],
  ['principal.n == "3"', false],
  ['!context.none', 'error'],
]

export const memberships: readonly Case[] = [
  ['principal in Team::"3"', true],
  ['principal in principal', true],
  ['Team::"9" in Team::"9"', true],
  ['Team::"3" in Team::"1"', false],
  ['principal in [Team::"9", Team::"2"]', true],
  ['principal in []', false],
  ['principal in [Team::"3", 1]', 'error'],
  ['1 in principal', 'error'],
  ['principal.tags == ["a", "b"]', true],
  ['principal.tags == ["a", "b", "a"]', true],
  ['principal.tags == ["a"]', false],
  ['["a"] == principal.tags', false],
  ['resource.r == {b: [2, 1, 1], a: 1}', true],
  ['resource.r == {b: [2, 1], a: 1, c: 1}', false],
  ['principal.name like "line*two"', true],
  ['principal.name like "line one"', false],
  ['principal.name like "*\\n*"', true],
  ['principal.name like "line.one*"', false],
  ['"*" like "\\*" && !("a" like "\\*")', true],
  ['"" like "*" && "" like "" && "ab" like "a**b"', true],
  ['principal is User in Team::"3" && !(principal is Doc in Team::"3")', true],
  ['principal is User in Team::"9"', false],
  ['User::"x" has n', false],
  ['User::"x".n == 1', 'error'],
  ['resource.owner.n == 3', true],
  ['resource.hasTag("hot") && resource.getTag("hot") == 1', true],
  ['resource.hasTag("cold")', false],
  ['resource.getTag("cold") == 1', 'error'],
]

export const evaluations: readonly Case[] = [
  ['false && 1', false],
  ['!(false && 1)', true],
  ['!(true || 1)', false],
  ['true || 1', true],
  ['true && 1', 'error'],
  ['1 && false', 'error'],
  ['false || 1', 'error'],
  ['if true then true else 1', true],
  ['if 1 then true else true', 'error'],
  ['!1', 'error'],
  ['(if true then 1 else 2) == 1', true],
  ['[1, principal.none].isEmpty()', 'error'],
  ['{a: principal.none} has a', 'error'],
  ['9007199254740991 * 9007199254740991 == 1', 'error'],
  ['-(-4503599627370496 * 2048) == 1', 'error'],
  ['-4503599627370496 * 2048 < 0', true],
  ['4503599627370496 * 2047 + 4503599627370495 > 0', true],
  ['1 + "1" == 2', 'error'],
  ['[1, 2].containsAll([2]) && ![2].containsAll([1, 2]) && [1, 2].containsAll([])', true],
  ['[1, 2].containsAny([2, 3]) && ![1].containsAny([2]) && ![1].containsAny([])', true],
  ['[1].contains([1])', false],
  ['1.contains(1)'.replace('1.', '(1).'), 'error'],
  ['principal.none && false', 'error'],
  ['principal.none || true', 'error'],
  ['[principal.none].contains(1)', 'error'],
]

export const extensions: readonly Case[] = [
  ['context.ip.isInRange(ip("10.0.0.0/8"))', true],
  ['ip("10.0.0.0/8").isInRange(ip("10.0.0.0/16"))', false],
  ['ip("10.0.0.0/16").isInRange(ip("10.0.0.0/8"))', true],
  ['ip("10.1.2.3/8") == ip("10.0.0.0/8")', false],
  ['ip("::1").isInRange(ip("0.0.0.0/0"))', false],
  ['datetime("1969-12-31T12:00:00Z").toDate() == datetime("1969-12-31")', true],
  ['datetime("1969-12-31T12:00:00Z").toTime() == duration("12h")', true],
  ['datetime("2024-01-01T00:00:00+0800") == datetime("2023-12-31T16:00:00Z")', true],
  ['duration("-90m").toHours() == -1', true],
  ['decimal("1.5").lessThan(decimal("1.50"))', false],
  ['decimal("1.5").lessThanOrEqual(decimal("1.50"))', true],
  ['decimal("-0.5").lessThan(decimal("-0.4999"))', true],
  ['decimal("1.00001") == decimal("1.0")', 'error'],
  ['datetime("1969-12-31T12:00:00Z").toDate() == datetime("1970-01-01")', false],
  ['decimal("0.0001").greaterThan(decimal("0.0001"))', false],
  ['decimal("0.0001").greaterThanOrEqual(decimal("0.0001"))', true],
  ['ip("127.0.0.1").isLoopback() && !ip("126.0.0.0/7").isLoopback()', true],
]

/** The surroundings that the cases speak of. */
export const edgeContext = (): { readonly [name: string]: CedarValue } => {
  const ip = parseIp('10.1.2.3')
  return { n: 3, deep: { er: true }, ...(ip ? { ip } : {}) }
}
