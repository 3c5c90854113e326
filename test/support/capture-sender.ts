// What visitors of web forms do, for tests: forms that ask for everything a form may ask for, and entries sealed as a page seals them.
import assert from 'node:assert/strict'
import { type EnvelopeSuiteId, sealCapture, sha256 } from '#encryption'
import { formFields } from '#crm'
import { base64url, fromBase64url, fromUtf8 } from '#kernel'
import type { TestServer } from './server.ts'

const both = { zh: '预约演示', en: 'Ask for a demo' }

/** A form that asks for every field a form may ask for; its leads go to a person, or to the pool. */
export const makeForm = async ({ admin }: TestServer, name: string, owner: string | null): Promise<void> => {
  const fields = formFields.map((field) => ({ name: field.name, required: field.required }))
  const definition = { title: both, intro: both, notice: both, submit: both, thanks: both, fields, owner, source: 'website', origins: ['https://www.example.com'], leastSeconds: 0 } // prettier-ignore
  const made = await admin.ask('POST', '/api/capture/forms', { body: { name, active: true, version: 0, definition } })
  assert.equal(made.status, 200, made.text)
}

interface Manifest {
  readonly tenant: string
  readonly epoch: number
  readonly suite: EnvelopeSuiteId
  readonly publicKey: string
}

/** Fills in a form and sends it; the id that its lead is going to have. */
export const fillIn = async (server: TestServer, form: string, values: Readonly<Record<string, string>>): Promise<string> => {
  const visitor = server.stranger()
  const { manifest } = (await visitor.ask('GET', `/capture/${form}/manifest.json`)).json() as { manifest: string }
  const { tenant, epoch, suite, publicKey } = JSON.parse(fromUtf8(fromBase64url(manifest))) as Manifest
  const at = new Date()
  const content = { v: 1, values, language: 'en', seconds: 5, trap: '' } as const
  const sealed = sealCapture(fromBase64url(publicKey), { tenant, form, epoch, suite, at }, content)
  // So many at once come from one network in a test alone.
  await server.house.store.owner((tx) => tx.query({ text: 'delete from identity.throttle' }))
  const body = { epoch, suite, at: at.toISOString(), sealed: base64url(sealed) }
  const sent = await visitor.ask('POST', `/capture/${form}`, { body })
  assert.deepEqual([sent.status, sent.text], [202, '{"received":true}'])
  const [kept] = await server.house.store.owner((tx) =>
    tx.query<{ id: string }>({
      text: 'select id from crm.capture where digest = $1',
      values: [Buffer.from(sha256(sealed))],
    }),
  )
  assert.ok(kept)
  return kept.id
} // prettier-ignore
