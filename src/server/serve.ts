// Serving: listens, hands out the one-time set-up link, and fills the demo where it was asked for.
import { demoPlan, loadDemo } from '#crm'
import { systemClock, type Uuid } from '#kernel'
import { openHouse } from './app.ts'
import { reviewDaily } from './daily.ts'
import type { House } from './house.ts'
import { listen } from './listen.ts'
import { policiesOnTime } from './on-time.ts'
import { randomPassword } from './people.ts'
import { postMail } from './post.ts'
import { seatOf } from './seat.ts'
import { tellWebhooks } from './webhook-post.ts'

export interface DemoUser {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly password: string
}

export interface Running {
  readonly url: string
  readonly port: number
  readonly setupUrl?: string
  readonly demoUsers?: readonly DemoUser[]
  /** The house that is served now; after a restore it is another one. */
  house(): House
  /** Ends the serving; the house stays open. */
  close(): Promise<void>
}

/** Serves the house. Throws port-in-use. */
export const serve = async (house: House, options: { readonly say: (text: string) => void }): Promise<Running> => {
  const demoUsers = house.config.demo ? await fillDemo(house, options.say) : undefined
  const seat = seatOf(house, async () => {
    const next = await openHouse(house.config, { create: true, log: options.say })
    next.jobs.watch()
    return next
  })
  await house.browsings.sweep()
  // What another process left in the middle goes on here.
  house.jobs.watch()
  const server = await listen(seat, { port: house.config.port, host: house.config.host })
  const daily = reviewDaily(seat, { clock: systemClock, log: options.say })
  const mail = postMail(seat, { log: options.say })
  const webhooks = tellWebhooks(seat, options.say)
  const policies = policiesOnTime(seat, options.say)
  const setupUrl = (await house.isSetUp())
    ? undefined
    : `${server.url}/setup?token=${await house.identity.newSetupLink()}`
  return {
    ...server,
    house: () => seat.house,
    close: async () => {
      await daily.stop()
      await policies.stop()
      await mail.stop()
      await webhooks.stop()
      await server.close()
    },
    ...(setupUrl === undefined ? {} : { setupUrl }),
    ...(demoUsers === undefined ? {} : { demoUsers }),
  }
}

/** Sample people and customers in an empty house; in one that is filled already only the passwords are made anew. */
const fillDemo = async (house: House, say: (text: string) => void): Promise<readonly DemoUser[]> => {
  const known = await house.staff.all()
  if (known.length > 0) {
    if (!(await isDemo(house))) return []
    return newPasswords(house, known)
  }
  const admin = {
    name: 'Admin',
    email: 'admin@demo.example',
    role: 'administrator',
    teamId: null,
    language: 'zh' as const,
  }
  const password = randomPassword()
  await house.setUp({ ...admin, password, organisation: '守客演示 Holdfast Demo' })
  const plan = demoPlan(20_260_101, house.system.env.now)
  const users: DemoUser[] = [{ name: admin.name, email: admin.email, role: admin.role, password }]
  const loaded = await loadDemo(house.vault, house.system, plan, {
    actorFor: (userId: Uuid) => house.actorOf(userId, { channel: 'job', ip: '', mfa: true, purpose: 'demo' }),
    onProgress: (what, done) => say(`  ${what}: ${String(Math.round(done * 100))} %`),
  })
  for (const user of loaded.users) {
    const own = randomPassword()
    await house.identity.setPassword(user.id, own, { actor: house.system })
    users.push({ name: user.name, email: user.email, role: user.role, password: own })
  }
  return users
}

const isDemo = async (house: House): Promise<boolean> => (await house.staff.findByEmail('admin@demo.example')) !== null

const newPasswords = async (
  house: House,
  known: Awaited<ReturnType<House['staff']['all']>>,
): Promise<readonly DemoUser[]> => {
  const users: DemoUser[] = []
  for (const user of known) {
    const password = randomPassword()
    await house.identity.setPassword(user.id, password, { actor: house.system })
    users.push({ name: user.name, email: user.email, role: user.role, password })
  }
  return users
}
