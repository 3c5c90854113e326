// Keys rotated and destroyed over HTTPS: who may, behind what, and what a page is told.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { JobAnswer, JobsAnswer, KeyStatesAnswer } from './contract/jobs.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const password = testPassword

test('[server-20] an administrator rotates the epoch with the password given once more, and watches the job', async () => {
  const { admin, manager, sales, house } = await server()
  for (const client of [manager, sales]) {
    assert.equal((await client.ask('POST', '/api/keys/rotations', { body: { what: 'epoch', password } })).status, 403)
    assert.equal((await client.ask('GET', '/api/jobs')).status, 403)
    assert.equal((await client.ask('POST', '/api/keys/epochs/destroy', { body: { epoch: 1, password } })).status, 403)
  }
  const wrong = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'epoch', password: 'not it' } })
  assert.ok(wrong.status === 401 || wrong.status === 403, wrong.text)
  assert.deepEqual((await house.jobs.list()).length, 0)
  const started = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'epoch', password } })
  assert.equal(started.status, 202, started.text)
  const { id } = started.json() as JobAnswer
  // Nothing else of the kind while one is open.
  const second = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'all-subjects', password } })
  assert.equal(second.status, 409)
  assert.equal((second.json() as { code: string }).code, 'job-open')
  await house.jobs.resume()
  const job = (await admin.ask('GET', `/api/jobs/${id}`)).json() as JobAnswer
  assert.deepEqual([job.state, job.kind, job.done === job.total], ['done', 'keys.epoch', true])
  assert.equal(((await admin.ask('GET', '/api/jobs')).json() as JobsAnswer).items[0]?.id, id)
  const states = (await admin.ask('GET', '/api/keys/states')).json() as KeyStatesAnswer
  assert.deepEqual(
    states.epochs.map(({ epoch, state, suite, profile }) => [epoch, state, suite, profile]),
    [
      [1, 'decrypt-only', 'AES-256-GCM', 'international'],
      [2, 'active', 'AES-256-GCM', 'international'],
    ],
  )
  assert.ok(states.subjects > 0)
})

test('[server-20] an epoch is destroyed behind the password, and only where nothing needs it', async () => {
  const { admin } = await server()
  const refused = await admin.ask('POST', '/api/keys/epochs/destroy', { body: { epoch: 2, password } })
  assert.equal(refused.status, 400, refused.text)
  const gone = await admin.ask('POST', '/api/keys/epochs/destroy', { body: { epoch: 1, password } })
  assert.equal(gone.status, 200, gone.text)
  const { remaining } = gone.json() as { remaining: Record<string, number> }
  assert.ok('identity.provider' in remaining && 'keyring.subject_key' in remaining)
  assert.ok(Object.values(remaining).every((count) => count === 0))
  assert.equal((await admin.ask('GET', '/api/contacts')).status, 200)
})

test('[server-20] a job can be cancelled and opened again; a wish that says too little is refused', async () => {
  const { admin, house } = await server()
  const { id } = (
    await admin.ask('POST', '/api/keys/rotations', { body: { what: 'all-subjects', password } })
  ).json() as JobAnswer
  assert.equal(((await admin.ask('POST', `/api/jobs/${id}/cancel`)).json() as JobAnswer).state, 'cancelled')
  assert.equal(((await admin.ask('POST', `/api/jobs/${id}/retry`)).json() as JobAnswer).state, 'queued')
  assert.equal((await house.jobs.run(id)).state, 'done')
  assert.equal((await admin.ask('POST', '/api/keys/rotations', { body: { what: 'subject', password } })).status, 400)
  assert.equal((await admin.ask('POST', '/api/keys/rotations', { body: { what: 'profile', password } })).status, 400)
  assert.equal(
    (await admin.ask('POST', '/api/keys/rotations', { body: { what: 'profile', profile: 'des', password } })).status,
    400,
  )
})
