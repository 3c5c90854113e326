// Passkeys, confirmations, remembered browsers and the rules of sign-in. Types only.

// POST /api/passkey/challenge (open) → options ; POST /api/session/passkey {passkey, remember?} (open) → Me
// POST /api/me/passkeys/begin → options ; POST /api/me/passkeys {name, response} → PasskeyAdded
// GET /api/me/passkeys → PasskeysAnswer ; PATCH /api/me/passkeys/:id {name} ; DELETE /api/me/passkeys/:id
// POST /api/me/recovery-codes → {recoveryCodes}
// POST /api/me/confirm {password | code | passkey}: Problem code `confirm-needed` asks for it ; POST /api/me/confirm/challenge → options
export interface PasskeysAnswer {
  readonly items: readonly PasskeyItem[]
  /** Recovery codes that are left. */
  readonly recoveryLeft: number
}
export interface PasskeyItem {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly usedAt: string | null
  readonly synced: boolean
  readonly backedUp: boolean
}
export interface PasskeyAdded {
  /** Where there were none before; shown once. */
  readonly recoveryCodes: readonly string[] | null
  readonly csrf: string
}

// GET /api/me/devices → {items: DeviceItem[]} ; POST /api/me/devices: this browser ; DELETE /api/me/devices/:id
export interface DeviceItem {
  readonly id: string
  readonly current: boolean
  readonly userAgent: string
  readonly createdAt: string
  readonly usedAt: string
  readonly expiresAt: string
}

// GET /api/sign-in-rules ; POST /api/sign-in-rules SignInRulesAnswer
export interface SignInRulesAnswer {
  readonly secondFactorRoles: readonly string[]
  readonly confirmMinutes: number
}
