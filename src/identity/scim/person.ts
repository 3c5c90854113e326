// A user as SCIM says it, and what SCIM says as a user. RFC 7643 section 4.1. Keeps identity-191.
import { Fault } from '#kernel'
import { isResource, member, type Resource } from './filter.ts'

/** What provisioning keeps of a user. */
export interface Person {
  readonly userName: string
  readonly email: string
  readonly name: string
  readonly active: boolean
  readonly externalId: string | null
}

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

/** Reads a whole user. before: as it was, so that of several names the one that changed counts. Throws scim-refused. */
export const readPerson = (body: Resource, before?: Resource): Person => {
  const userName = text(member(body, 'userName'))
  if (userName === '' || userName.length > 320) return refuse('userName is needed, with at most 320 characters')
  const email = emailOf(member(body, 'emails')) ?? (isEmail(userName) ? userName : undefined)
  if (email === undefined) return refuse('an e-mail address is needed: in emails, or as userName')
  const externalId = text(member(body, 'externalId'))
  return {
    userName,
    email: email.toLowerCase(),
    name: nameOf(body, before, userName),
    active: activeOf(member(body, 'active')),
    externalId: externalId === '' ? null : externalId,
  }
}

const refuse = (what: string): never => {
  throw new Fault('scim-refused', { what, scimType: 'invalidValue' })
}

const text = (value: unknown): string => (typeof value === 'string' ? value.normalize('NFKC').trim() : '')
const isEmail = (value: string): boolean => /^[^\s@]+@[^\s@]+$/.test(value)

const emailOf = (value: unknown): string | undefined => {
  const list = Array.isArray(value) ? value.filter(isResource) : []
  const flag = (one: Resource): boolean => member(one, 'primary') === true || member(one, 'primary') === 'True'
  const found = text(member(list.find(flag) ?? list[0] ?? {}, 'value'))
  return isEmail(found) ? found : undefined
}

/** Entra ID sends "True" and "False". */
const activeOf = (value: unknown): boolean => {
  if (value === undefined || value === null) return true
  if (typeof value === 'boolean') return value
  const word = text(value).toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : refuse('active is true or false')
}

const nameOf = (body: Resource, before: Resource | undefined, userName: string): string => {
  const name = member(body, 'name')
  const parts = isResource(name) ? name : {}
  const beforeName = before === undefined ? undefined : member(before, 'name')
  const [family, given] = [text(member(parts, 'familyName')), text(member(parts, 'givenName'))]
  // 王小明, but Ada Lovelace.
  const joined = /\p{Script=Han}/u.test(family + given) ? `${family}${given}` : `${given} ${family}`.trim()
  const shown = text(member(body, 'displayName'))
  const formatted = text(member(parts, 'formatted'))
  const wasShown = before === undefined ? '' : text(member(before, 'displayName'))
  const wasFormatted = isResource(beforeName) ? text(member(beforeName, 'formatted')) : ''
  const candidates = [
    shown === wasShown ? '' : shown,
    formatted === wasFormatted ? '' : formatted,
    joined,
    shown,
    formatted,
  ]
  return candidates.find((one) => one !== '') ?? userName
}
