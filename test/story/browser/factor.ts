// The second factor in a story: a browser's virtual authenticator, and confirmations that have grown old.
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { services } from '#kernel'
import type { Stage } from './stage.ts'

/** Gives the page's browser an authenticator that answers by itself. */
export const virtualKey = async (
  context: BrowserContext,
  page: Page,
): Promise<{ readonly cdp: CDPSession; readonly authenticatorId: string }> => {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, authenticatorId }
}

/** As if every confirmation were an hour old. */
export const age = ({ house }: Stage): Promise<unknown> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
    tx.query({
      text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour', mfa_at = mfa_at - interval '1 hour'`,
    }),
  )
