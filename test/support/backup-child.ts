// For tests that kill -9: makes or restores a backup in a process of its own and tells each step on a line of its own.
// Arguments: one JSON object.
import { createPrivateKey, sign } from 'node:crypto'
import { createBackups, restoreBackup } from '#backup'
import type { Signer } from '#encryption'
import { createJournal } from '#journal'
import { systemClock, type Uuid } from '#kernel'
import { openStore } from '#store'
import { catalogue, walls } from './index.ts'

interface Order {
  readonly data: string
  readonly url: string
  readonly appUrl: string
  readonly tenant: Uuid
  readonly repo: string
  readonly what: 'full' | 'incremental' | 'restore'
  readonly identity: string
  readonly recipient: string
  readonly signer: { readonly pkcs8: string; readonly publicKey: string }
}

const order = JSON.parse(process.argv[2] ?? '') as Order
const key = createPrivateKey({ key: Buffer.from(order.signer.pkcs8, 'base64'), format: 'der', type: 'pkcs8' })
const signer: Signer = {
  name: 'backup',
  suite: 'Ed25519',
  publicKey: new Uint8Array(Buffer.from(order.signer.publicKey, 'base64')),
  sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
}
const store = await openStore({
  data: order.data,
  databaseUrl: order.url,
  appDatabaseUrl: order.appUrl,
  catalogue,
  walls,
})
const say = (step: string): void => {
  process.stdout.write(`${step}\n`)
}
if (order.what === 'restore') {
  const onProgress = (_: number, now: { phase: string; object: string }): void => say(`${now.phase} ${now.object}`)
  await restoreBackup({ repo: order.repo, identity: order.identity, store, onProgress })
} else {
  const { tenant } = order
  const journal = createJournal({ store, clock: systemClock, signer, origin: `holdfast.test/${tenant}` })
  const writer = {
    recipient: new Uint8Array(Buffer.from(order.recipient, 'base64')),
    recipientId: 'test',
    signer,
    dedupKey: new Uint8Array(32),
  }
  const backups = createBackups({ store, journal, clock: systemClock, tenant, catalogue, writer })
  const onProgress = (_: number, now: { phase: string; table: string }): void => say(`${now.phase} ${now.table}`)
  await backups.create({ type: order.what, repo: order.repo, onProgress })
}
say('end')
await store.close()
