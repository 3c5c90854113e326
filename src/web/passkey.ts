// Passkeys in the browser: making one, and answering with one. What the server sent is handed on as it is.
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { post } from './api.ts'

/** Whether this browser knows passkeys. */
export const passkeysHere = (): boolean => browserSupportsWebAuthn()

/** Asks the person for a passkey; the answer is for the server. */
export const answerWithPasskey = async (challengePath: string): Promise<unknown> =>
  startAuthentication({ optionsJSON: await post<PublicKeyCredentialRequestOptionsJSON>(challengePath) })

/** Has a new passkey made. */
export const makePasskey = async (): Promise<unknown> =>
  startRegistration({ optionsJSON: await post<PublicKeyCredentialCreationOptionsJSON>('/api/me/passkeys/begin') })

/** Whether the person broke it off, or let it time out. */
export const isBrokenOff = (error: unknown): boolean =>
  error instanceof Error && ['NotAllowedError', 'AbortError'].includes(error.name)

/** Whether this authenticator holds a passkey of the person already. */
export const isThereAlready = (error: unknown): boolean => error instanceof Error && error.name === 'InvalidStateError'
