// The mail server of the organisation: where letters go, its password sealed. Keeps identity-176, identity-194.
import { isIP } from 'node:net'
import { Fault, fromUtf8, newId, utf8, type Uuid } from '#kernel'
import { type By, entry, type Parts, scopeOfSystem, type SecretPlace } from './house.ts'

export interface MailServer {
  readonly host: string
  readonly port: number
  /** tls: from the first byte. starttls: demanded before anything is said. none: a relay on this machine alone. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly username: string
  readonly from: string
}

export interface MailAccess extends MailServer {
  readonly password: string
  /** Since when a restore keeps it from sending. */
  readonly pausedAt: Date | null
}

interface Row {
  readonly id: Uuid
  readonly host: string
  readonly port: number
  readonly security: MailServer['security']
  readonly username: string
  readonly password_sealed: Uint8Array | null
  readonly from_address: string
  readonly paused_at: Date | null
}

/** The server with its password, also one that is paused; null where none is set. */
export const mailSettings = (parts: Parts): Promise<MailAccess | null> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const [row] = await tx.query<Row>({
      text: `select id, host, port, security, username, password_sealed, from_address, paused_at from identity.mail_server where tenant_id = $1`,
      values: [parts.tenant],
    })
    if (!row) return null
    const { host, port, security, username, from_address: from, password_sealed: sealed, paused_at: pausedAt } = row
    const password = sealed ? fromUtf8(await parts.seal.openSecret(tx, labelOf(row.id), sealed)) : ''
    return { host, port, security, username, from, password, pausedAt }
  })

/** The server that letters may go through. Throws mail-not-set, mail-paused. */
export const demandMail = async (parts: Parts): Promise<MailAccess> => {
  const server = await mailSettings(parts)
  if (!server) throw new Fault('mail-not-set')
  if (server.pausedAt) throw new Fault('mail-paused')
  return server
}

/** Letters go again after a restore. Throws mail-not-set. */
export const resumeMail = (parts: Parts, by: By): Promise<void> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const [held] = await tx.query<{ paused_at: Date | null }>({
      text: `select paused_at from identity.mail_server where tenant_id = $1 for update`,
      values: [parts.tenant],
    })
    if (!held) throw new Fault('mail-not-set')
    if (!held.paused_at) return
    await tx.query({
      text: `update identity.mail_server set paused_at = null where tenant_id = $1`,
      values: [parts.tenant],
    })
    await parts.journal.append(tx, parts.tenant, [entry('mail-server.resume', null, by)])
  })

/** Sets the server; a password that is not given, and a pause, stay as they were. null: no mail any more. */
export const setMailServer = (
  parts: Parts,
  wanted: (MailServer & { readonly password?: string }) | null,
  by: By & { readonly id: Uuid },
): Promise<void> => {
  if (wanted) demandSound(wanted)
  return parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const [held] = await tx.query<Pick<Row, 'id' | 'host' | 'username' | 'password_sealed' | 'paused_at'>>({
      text: `delete from identity.mail_server where tenant_id = $1 returning id, host, username, password_sealed, paused_at`,
      values: [parts.tenant],
    })
    if (wanted) {
      // The password of one server is never said to another.
      const stays = held?.host === wanted.host && held.username === wanted.username ? held : undefined
      const id = stays?.id ?? newId(parts.clock.now().getTime())
      const sealed =
        wanted.password === undefined
          ? (stays?.password_sealed ?? null)
          : wanted.password === ''
            ? null
            : await parts.seal.sealSecret(tx, labelOf(id), utf8(wanted.password))
      await tx.query({
        text: `insert into identity.mail_server
            (tenant_id, id, host, port, security, username, password_sealed, from_address, updated_at, updated_by, paused_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        values: [
          parts.tenant,
          id,
          wanted.host,
          wanted.port,
          wanted.security,
          wanted.username,
          sealed,
          wanted.from,
          parts.clock.now(),
          by.id,
          held?.paused_at ?? null,
        ],
      })
    }
    await parts.journal.append(tx, parts.tenant, [
      entry('mail-server.change', null, by, wanted ? { port: wanted.port, security: wanted.security } : { off: true }),
    ])
  })
}

const demandSound = ({ host, port, security, from }: MailServer): void => {
  if (!/^[\w.:-]{1,253}$/u.test(host)) throw new Fault('bad-value', { field: 'host', what: 'expected a host name' })
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Fault('bad-value', { field: 'port', what: 'expected 1 to 65535' })
  if (!/^[^\s<>@,;"]{1,64}@[^\s<>@,;"]{1,255}$/u.test(from))
    throw new Fault('bad-value', {
      field: 'from',
      label: { zh: '发件地址', en: 'sender address' },
      what: 'expected an e-mail address',
    })
  const here = host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1'
  if (security === 'none' && !here)
    throw new Fault('bad-value', { field: 'security', what: 'without TLS only a relay on this machine is spoken to' })
}

const labelOf = (id: Uuid): string => `mail-server:${id}`

export const mailServerSecrets: SecretPlace = {
  table: 'identity.mail_server',
  column: 'password_sealed',
  key: 'id',
  label: labelOf,
}
