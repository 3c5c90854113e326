// Where this room keeps what it seals, for whoever rotates the keys.
import { totpSecrets } from './factor.ts'
import type { SecretPlace } from './house.ts'
import { mailServerSecrets } from './mail-server.ts'
import { letterSecrets } from './outbox.ts'
import { providerSecrets } from './sso/provider.ts'

export const sealedSecrets: readonly SecretPlace[] = [totpSecrets, providerSecrets, mailServerSecrets, letterSecrets]
