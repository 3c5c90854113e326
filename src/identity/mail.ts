// Mail as others see it: settings, the outbox, invitations, new passwords by a link, and notices of what changed. Keeps identity-175, identity-176, identity-177, identity-194.
import { isFault, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { type By, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { type LinkKind, type LinkUse, newLink, useLink } from './link.ts'
import { demandMail, type MailAccess, mailSettings, type MailServer, resumeMail, setMailServer } from './mail-server.ts'
import {
  type Letter,
  type LetterKind,
  letterDone,
  letterFailed,
  type Outbox,
  outboxState,
  post,
  takeLetter,
} from './outbox.ts'
import { countRate } from './rate.ts'

export interface Mail {
  /** Whether letters can be sent at all. */
  isSet(): Promise<boolean>
  /** Also of a server that is paused; null: none is set. */
  settings(): Promise<MailAccess | null>
  /** The server that letters may go through. Throws mail-not-set, mail-paused. */
  demand(): Promise<MailAccess>
  /** Letters go again after a restore. Throws mail-not-set. */
  resume(by: By): Promise<void>
  setServer(wanted: (MailServer & { readonly password?: string }) | null, by: By & { readonly id: Uuid }): Promise<void>
  state(): Promise<Outbox>
  /** Puts a letter of the house down in the caller's transaction; nothing where no mail server is set, or it is paused. */
  post(tx: Tx, kind: LetterKind, userId: Uuid, detail: Readonly<Record<string, string>>): Promise<void>
  take(): Promise<Letter | null>
  done(id: Uuid): Promise<unknown>
  failed(letter: Letter, error: string, forGood: boolean): Promise<unknown>
  link(kind: LinkKind, userId: Uuid): Promise<string>
  /** Throws mail-not-set, mail-paused. */
  invite(userId: Uuid, by: By): Promise<void>
  /** Does the same whether the address is anybody's or not. */
  askReset(email: string): Promise<void>
  useLink(use: LinkUse, origin: Origin): Promise<void>
}

export const mail = (parts: Parts): Mail => ({
  isSet: async () =>
    (
      await parts.store.transaction(
        scopeOfSystem(parts),
        (tx) =>
          tx.query({
            name: 'mail_set',
            text: 'select 1 as one from identity.mail_server where tenant_id = $1 and paused_at is null',
            values: [parts.tenant],
          }),
        { readOnly: true },
      )
    ).length > 0,
  settings: () => mailSettings(parts),
  demand: () => demandMail(parts),
  resume: (by) => resumeMail(parts, by),
  setServer: (wanted, by) => setMailServer(parts, wanted, by),
  state: () => outboxState(parts),
  post: (tx, kind, userId, detail) => post(tx, parts, kind, userId, detail),
  take: () => takeLetter(parts),
  done: (id) => letterDone(parts, id),
  failed: (letter, error, forGood) => letterFailed(parts, letter, error, forGood),
  link: (kind, userId) => newLink(parts, kind, userId),
  invite: async (userId, by) => {
    await demandMail(parts)
    await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      await post(tx, parts, 'invite', userId)
      await parts.journal.append(tx, parts.tenant, [entry('invitation.send', userId, by)])
    })
  },
  askReset: async (email) => {
    const address = email.normalize('NFKC').trim().toLowerCase()
    // Counted by the address, whoever's it is; beyond the rate nothing is sent, and nothing is said of that.
    const within = await countRate(parts, `reset\0${address}`, '', { times: 3, windowMs: 3_600_000 }).then(
      () => true,
      (error: unknown) => {
        if (isFault(error, 'too-many-attempts')) return false
        throw error
      },
    )
    await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      if (within) await post(tx, parts, 'reset-asked', null, { email: address })
      await parts.journal.append(tx, parts.tenant, [entry('password.reset-ask', null, { actor: services.system })])
    })
  },
  useLink: (use, origin) => useLink(parts, use, origin),
})
