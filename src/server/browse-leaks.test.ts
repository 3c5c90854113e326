// The leak matrix over backups: every role looks into one, type by type and record by record, and sees nothing of what is hidden or masked.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { leaksIn, plant, rowOf, sightsOf } from '../../test/support/leak-world.ts'
import { openTestServer } from '../../test/support/server.ts'

test('[server-250] [vault-291] a backup shows every role no more than its policies allow, of the record as it was and as it is', async () => {
  const server = await openTestServer()
  const { house, admin, ids } = server
  try {
    const world = await plant(server)
    const { id: backup } = await house.backups.create({ type: 'full', repo: house.config.repository })
    // What changes hands afterwards is no longer seen by whose it was.
    for (const type of world.types) {
      const one = world.people.find(({ role }) => role === 'sales')?.planted.find((each) => each.type === type)
      if (!one) continue
      await house.vault.assign(house.system, type.name, one.id, world.stranger)
      one.row = await rowOf(server, type, one.id)
    }
    const identity = await readFile(join(house.config.keys, 'backup.identity'), 'utf8')
    const mine = { user: ids.admin, session: ids.admin }
    const report = (error: unknown): never => {
      throw error
    }
    const { id } = await house.browsings.open({ ...mine, backup, identity, report })
    while (house.browsings.of(mine)[0]?.state === 'opening') await new Promise((resolve) => setTimeout(resolve, 50))
    const look = await house.browsings.look(mine, id)
    const leaks: string[] = []
    const seen = { lists: 0, records: 0, refused: 0 }
    for (const [turn, person] of world.people.entries()) {
      const sights = sightsOf(server, world, person)
      const actor = await world.actorOf(person, 'leak test')
      const check = (where: string, answer: unknown): void => {
        const text = JSON.stringify(answer)
        for (const leak of leaksIn(world, sights, { status: 200, headers: {}, text, json: () => answer }, ''))
          leaks.push(`${person.role} ${where}: ${leak}`)
      }
      const refusal = (error: unknown): { refused: string } => {
        if (!isFault(error)) throw error
        seen.refused++
        return { refused: error.message }
      }
      for (const type of world.types) {
        const page = await look.list(actor, type.name, { limit: 200 }).catch(refusal)
        if ('items' in page) seen.lists += page.items.length
        check(`list of ${type.name}`, page)
      }
      // One's own, and of everybody else's every fourth.
      const asked = [...world.records.values()].filter((one, i) => person.planted.includes(one) || (i + turn) % 4 === 0)
      for (const one of asked) {
        const record = await look.get(actor, one.type.name, one.id).catch(refusal)
        if ('since' in record) seen.records++
        check(one.type.name, record)
        assert.equal(
          'since' in record,
          'since' in record && sights.may('list', one.id),
          `${person.role} ${one.type.name}`,
        )
      }
    }
    assert.deepEqual(leaks, [])
    assert.ok(seen.lists > 100 && seen.records > 100 && seen.refused > 100, JSON.stringify(seen))
    assert.equal((await admin.ask('GET', `/api/backups/browsings/${id}/contacts`)).status, 404)
    await house.browsings.close(mine, id)
  } finally {
    await server.close()
  }
})
