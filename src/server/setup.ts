// Before anybody can sign in: whether the product is alive, and the one-time set-up.
import { profiles } from '#encryption'
import type { Health, SetupDone, SetupRequest } from './contract.ts'
import { callOf, meOf, meOut } from './me.ts'
import { type OpenRoute, Reply } from './route.ts'
import { answer, boolean, both, list, oneOf, request, string, text } from './schema.ts'

export const setupRoutes: readonly OpenRoute[] = [
  {
    method: 'GET',
    path: '/api/health',
    summary: 'Whether the product works, and whether it has still to be set up',
    open: 'asked by balancers, scripts and the sign-in page; tells no data',
    out: answer(
      { status: oneOf('ok', 'degraded'), version: string, setupNeeded: boolean, demo: boolean, mail: boolean },
      'Health',
    ),
    whileAway: true,
    handler: async ({ house, seat }): Promise<Health> => {
      if (seat.away)
        return { status: 'degraded', version: house.version, setupNeeded: true, demo: house.config.demo, mail: false }
      const { ok } = await house.store.health()
      return {
        status: ok ? 'ok' : 'degraded',
        version: house.version,
        setupNeeded: ok && !(await house.isSetUp()),
        demo: house.config.demo,
        mail: ok && (await house.identity.mail.isSet()),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/setup',
    summary: 'Make the organisation and its administrator, with the one-time token',
    open: 'nobody exists yet who could sign in; the token is printed where the product was started',
    body: request({
      token: text(100),
      language: oneOf('zh', 'en'),
      organisation: text(200),
      name: text(200),
      email: text(320),
      password: text(1000),
      'profile?': oneOf(...Object.keys(profiles)),
    }),
    out: answer({
      me: meOut,
      recovery: answer({ fingerprint: string, created: string, blocks: list(string), text: both }),
    }),
    handler: async (call) => {
      const { house, origin } = call
      const { token, ...wanted } = call.body as SetupRequest
      const { name, email, organisation } = wanted
      house.identity.checkPassword(wanted.password, { name, email, organisation })
      const signed = await house.identity.useSetupLink(token, origin, async () => {
        const { userId } = await house.setUp({ ...wanted, role: 'administrator', teamId: null })
        return house.identity.open(userId, origin)
      })
      const sheet = await house.recoverySheet()
      const done: SetupDone = {
        me: await meOf(house, callOf(call, signed)),
        recovery: {
          fingerprint: sheet.fingerprint,
          created: sheet.created,
          blocks: sheet.blocks.split(' '),
          text: { zh: sheet.text('zh'), en: sheet.text('en') },
        },
      }
      return Reply.withSession(signed, done)
    },
  },
]
