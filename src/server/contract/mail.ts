// Mail: the server, the outbox, and what a link opens. Types only.

// GET /api/mail → MailSettings ; POST /api/mail MailServerWish ; DELETE /api/mail ; POST /api/mail/resume ; POST /api/mail/test
// POST /api/users/invite {…, byMail: true} → {user, password: null} ; POST /api/users/:id/invitation
// POST /api/reset {email} (open) ; POST /api/reset/finish {token, password, code?, passkey?} (open)
export interface MailSettings {
  /** paused: by a restore, until somebody sets it in use again. */
  readonly server:
    (Omit<MailServerWish, 'password'> & { readonly passwordSet: boolean; readonly paused: boolean }) | null
  readonly waiting: number
  readonly failed: number
  readonly lastError: string | null
}
export interface MailServerWish {
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'starttls' | 'none'
  readonly username: string
  readonly password?: string
  readonly from: string
}
