// What a letter says that is true when it leaves: asked at that moment, so that nobody is told of what is done by then. Keeps server-281.
import type { DirectoryUser, Letter } from '#identity'
import type { House } from './house.ts'

type Words = Readonly<Record<string, string>>

/** null: there is nothing to tell any more. */
export const wordsOf = async (house: House, letter: Letter, user: DirectoryUser): Promise<Words | null> =>
  letter.kind === 'recertify'
    ? recertifyWords(house, letter, user)
    : letter.kind === 'emergency'
      ? emergencyWords(house, letter)
      : {}

/** Nothing once somebody has judged it. */
const emergencyWords = async (house: House, { detail }: Letter): Promise<Words | null> => {
  const glass = (await house.breakGlass.list()).find(({ id }) => id === detail['glass'])
  if (!glass || glass.reviewedAt !== null) return null
  const { zone } = await house.settings()
  const at = glass.openedAt.toLocaleString('sv-SE', { timeZone: zone }).slice(0, 16)
  return { at, link: `${house.identity.site().origin}/emergency` }
}

const recertifyWords = async (house: House, { detail }: Letter, user: DirectoryUser): Promise<Words | null> => {
  const actor = await house.actorOf(user.id, { channel: 'job', ip: '', mfa: true })
  const waiting = await house.recertifications.waiting(actor)
  if (!waiting || waiting.campaign !== detail['campaign'] || waiting.lines === 0) return null
  const { zone } = await house.settings()
  const due = waiting.dueAt.toLocaleDateString('sv-SE', { timeZone: zone })
  return { count: String(waiting.lines), due, link: `${house.identity.site().origin}/inbox` }
}
