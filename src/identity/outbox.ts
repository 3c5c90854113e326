// Letters that wait to be sent: written with what they tell of, taken one at a time, tried again with growing pauses for a day. Keeps identity-176.
import { fromUtf8, newId, utf8, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { type Parts, scopeOfSystem, type SecretPlace } from './house.ts'

/** reset-asked: somebody typed an address; whether it is anybody's is found out when the letter's turn comes. */
export type LetterKind = 'reset-asked' | 'invite' | 'notice' | 'test' | 'recertify' | 'emergency'

export interface Letter {
  readonly id: Uuid
  readonly kind: LetterKind
  readonly userId: Uuid | null
  readonly detail: Readonly<Record<string, string>>
  readonly attempts: number
}

export interface Outbox {
  readonly waiting: number
  readonly failed: number
  /** Code of the last failure. */
  readonly lastError: string | null
}

/** Puts a letter down inside the caller's transaction; nothing where no mail server is set, or it is paused. */
export const post = async (
  tx: Tx,
  parts: Parts,
  kind: LetterKind,
  userId: Uuid | null,
  detail: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const now = parts.clock.now()
  const id = newId(now.getTime())
  const sealed = await parts.seal.sealSecret(tx, labelOf(id), utf8(JSON.stringify(detail)))
  await tx.query({
    text: `insert into identity.mail (tenant_id, id, kind, user_id, sealed, next_at, created_at)
      select $1, $2, $3, $4, $5, $6, $6 where exists (select 1 from identity.mail_server where tenant_id = $1 and paused_at is null)`,
    values: [parts.tenant, id, kind, userId, sealed, now],
  })
}

/** Tells a person what happened to the account, inside the transaction that did it. */
export const notice = (tx: Tx, parts: Parts, userId: Uuid, what: string): Promise<void> =>
  post(tx, parts, 'notice', userId, {
    what,
    at: `${parts.clock.now().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  })

// A letter is tried after 1, 2, 4 … minutes, at most an hour apart, for about a day.
const mostAttempts = 30
const pauseMs = (attempts: number): number => Math.min(60, 2 ** attempts) * 60_000

/** Takes the next letter that is due; its next try is set before it is sent, so a killed process loses none. */
export const takeLetter = (parts: Parts): Promise<Letter | null> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const now = parts.clock.now()
    const [row] = await tx.query<{
      id: Uuid
      kind: LetterKind
      user_id: Uuid | null
      sealed: Uint8Array | null
      attempts: number
    }>({
      text: `select id, kind, user_id, sealed, attempts from identity.mail
        where tenant_id = $1 and failed_at is null and next_at <= $2 order by next_at, id limit 1 for update skip locked`,
      values: [parts.tenant, now],
    })
    if (!row) return null
    await tx.query({
      text: `update identity.mail set attempts = attempts + 1, next_at = $3 where tenant_id = $1 and id = $2`,
      values: [parts.tenant, row.id, new Date(now.getTime() + pauseMs(row.attempts))],
    })
    const plain = row.sealed ? fromUtf8(await parts.seal.openSecret(tx, labelOf(row.id), row.sealed)) : '{}'
    return {
      id: row.id,
      kind: row.kind,
      userId: row.user_id,
      detail: JSON.parse(plain) as Readonly<Record<string, string>>,
      attempts: row.attempts + 1,
    }
  })

/** The letter is sent, or there is nobody to send it to. */
export const letterDone = (parts: Parts, id: Uuid): Promise<unknown> =>
  parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query({ text: `delete from identity.mail where tenant_id = $1 and id = $2`, values: [parts.tenant, id] }),
  )

/** It could not be sent: for good, or to be tried again. What it held is wiped with the last try. */
export const letterFailed = (parts: Parts, letter: Letter, error: string, forGood: boolean): Promise<unknown> =>
  parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query({
      text: `update identity.mail set error = $3, failed_at = case when $4 then $5::timestamptz end,
          sealed = case when $4 then null else sealed end where tenant_id = $1 and id = $2`,
      values: [parts.tenant, letter.id, error, forGood || letter.attempts >= mostAttempts, parts.clock.now()],
    }),
  )

export const outboxState = async (parts: Parts): Promise<Outbox> => {
  const [row] = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query<Outbox>({
        text: `select count(*) filter (where failed_at is null)::int as waiting, count(failed_at)::int as failed,
            (array_agg(error order by next_at desc) filter (where error is not null))[1] as "lastError"
          from identity.mail where tenant_id = $1`,
        values: [parts.tenant],
      }),
    { readOnly: true },
  )
  return row ?? { waiting: 0, failed: 0, lastError: null }
}

const labelOf = (id: Uuid): string => `mail:${id}`

export const letterSecrets: SecretPlace = { table: 'identity.mail', column: 'sealed', key: 'id', label: labelOf }
