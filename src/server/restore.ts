// Restore from the set-up page: only before anybody is set up, only with the one-time token. Keeps server-13.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { listBackups, parseIdentity, repositoryKeys } from '#backup'
import { equal, sameVerifyKey, sha256 } from '#encryption'
import { base64url, Fault, isFault, utf8 } from '#kernel'
import { bringBack } from './bring-back.ts'
import type { RestoreFound, RestoreJob, RestoreLook, RestoreRequest } from './contract.ts'
import type { OpenCall, OpenRoute } from './route.ts'
import { answer, boolean, list, nullable, number, oneOf, orNull, request, string, text } from './schema.ts'
import type { Seat } from './seat.ts'

const jobOut = answer({
  state: oneOf('running', 'done', 'failed'),
  progress: number,
  what: string,
  rows: number,
  webhooks: number,
  mail: boolean,
  error: nullable(string),
})

const open = 'nobody exists yet who could sign in; the token is printed where the product was started'

export const restoreRoutes: readonly OpenRoute[] = [
  {
    method: 'POST',
    path: '/api/restore/look',
    summary: 'Backups of a folder that could be brought back, with the one-time token',
    open,
    body: request({ token: text(100), 'repository?': text(1000) }),
    out: answer({
      repository: string,
      backups: list(
        answer({
          id: string,
          type: oneOf('full', 'incremental', 'differential'),
          parent: nullable(string),
          at: string,
          rows: number,
          bytes: number,
        }),
      ),
      keysFit: boolean,
      identityHeld: boolean,
    }),
    handler: async (call) => {
      const { token, ...asked } = call.body as RestoreLook
      await demandToken(call, token)
      return look(call, asked.repository)
    },
  },
  {
    method: 'POST',
    path: '/api/restore',
    summary: 'Begin to bring a backup back into the empty installation, with the one-time token',
    open,
    body: request({
      token: text(100),
      'repository?': text(1000),
      backup: text(40),
      'identity?': text(20_000),
      'identityPath?': text(1000),
      'sheet?': text(5000),
    }),
    out: answer({ job: jobOut }),
    status: 202,
    handler: async (call) => {
      const asked = call.body as RestoreRequest
      await demandToken(call, asked.token)
      return { job: begin(call, asked, await identityOf(call, asked)) }
    },
  },
  {
    method: 'POST',
    path: '/api/restore/state',
    summary: 'How far the restore is, for whoever began it',
    open,
    whileAway: true,
    body: request({ token: text(100) }),
    out: answer({ job: orNull(jobOut) }),
    handler: async (call) => {
      const { token } = call.body as { token: string }
      const held = restores.get(call.seat)
      // The database that knows the token may be away, or be the restored one that does not.
      if (held && equal(held.token, hashOf(token))) return { job: held.job }
      if (call.seat.away) throw new Fault('setup-link-invalid')
      await demandToken(call, token)
      return { job: null }
    },
  },
]

interface Held {
  readonly token: Uint8Array
  readonly job: RestoreJob
}

/** The last restore of each seat. */
const restores = new WeakMap<Seat, Held>()

const hashOf = (token: string): Uint8Array => sha256(utf8(token))

const demandToken = async ({ house }: OpenCall, token: string): Promise<void> => {
  await house.identity.demandSetupLink(token)
  if (await house.isSetUp()) throw new Fault('already-set-up')
}

const look = async ({ house }: OpenCall, folder: string | undefined): Promise<RestoreFound> => {
  const { config, keys } = house
  const repository = folder === undefined || folder === '' ? config.repository : resolve(folder)
  const [known, found, held] = await Promise.all([
    repositoryKeys(repository),
    listBackups(repository),
    readFile(`${config.keys}/backup.identity`, 'utf8').catch(() => undefined),
  ])
  const ours = await keys.signers('backup')
  return {
    repository,
    backups: found
      .map(({ id, type, parent, createdAt, rows, bytes }) => ({ id, type, parent, at: createdAt, rows, bytes }))
      .reverse(),
    keysFit: known?.signers.some((key) => ours.some((one) => sameVerifyKey(one, key))) ?? false,
    identityHeld: held !== undefined && known !== undefined && fits(held, known.recipient),
  }
}

const fits = (identity: string, recipient: Uint8Array): boolean => {
  try {
    return base64url(parseIdentity(identity).recipient) === base64url(recipient)
  } catch (error) {
    if (isFault(error)) return false
    throw error
  }
}

/** The identity's text, from the request or from the server's disk; only what is an identity is taken. */
const identityOf = async ({ house }: OpenCall, asked: RestoreRequest): Promise<string> => {
  const path = asked.identityPath === undefined ? `${house.config.keys}/backup.identity` : resolve(asked.identityPath)
  const found =
    asked.identity ??
    (await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new Fault('backup-wrong-identity', {}, { cause })
    }))
  parseIdentity(found)
  return found
}

const begin = (call: OpenCall, asked: RestoreRequest, identity: string): RestoreJob => {
  const { seat, house, origin, language, report } = call
  if (restores.get(seat)?.job.state === 'running') throw new Fault('restoring')
  const token = hashOf(asked.token)
  const set = (job: Partial<RestoreJob>): RestoreJob => {
    const next: RestoreJob = {
      state: 'running',
      progress: 0,
      what: '',
      rows: 0,
      webhooks: 0,
      mail: false,
      error: null,
      ...job,
    }
    restores.set(seat, { token, job: next })
    return next
  }
  const first = set({})
  const { repository = '', sheet = '' } = asked
  const config = { ...house.config, ...(repository === '' ? {} : { repository: resolve(repository) }) }
  seat
    .exchange(() =>
      bringBack(config, {
        identity,
        backup: asked.backup,
        ...(sheet.trim() === '' ? {} : { sheet }),
        channel: origin.channel,
        ip: origin.ip,
        onProgress: (progress, what) => void set({ progress: Math.min(0.99, progress), what }),
      }),
    )
    .then(
      ({ rows, webhooks, mail }) => set({ state: 'done', progress: 1, rows, webhooks, mail }),
      (error: unknown) => set({ state: 'failed', error: report(error).in(language) }),
    )
  return first
}
