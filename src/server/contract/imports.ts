// What the interface says of past imports, and of columns that an old system sealed.

/** Of POST /api/imports/:id/run: the sealed columns by their place in the file. The key is held for this run alone. */
export interface LegacyColumns {
  readonly key: string
  readonly keyEncoding: 'hex' | 'base64' | 'text'
  readonly derive: 'raw' | 'mysql'
  readonly columns: Readonly<Record<string, LegacyColumnWish>>
}
export interface LegacyColumnWish {
  readonly cipher: 'des' | '3des' | 'aes-128' | 'aes-192' | 'aes-256'
  readonly mode: 'ecb' | 'cbc'
  readonly iv: 'none' | 'zero' | 'prefix' | 'hex' | 'column'
  readonly ivHex?: string
  readonly ivColumn?: number
  readonly padding: 'pkcs7' | 'zero' | 'none'
  readonly encoding: 'hex' | 'base64'
  readonly charset: 'utf-8' | 'gb18030'
}

/** What was read under old ciphers. */
export interface LegacyRead {
  readonly ciphers: readonly string[]
  readonly keyFingerprint: string
  readonly blocks: number
  readonly pastBirthday: boolean
}

/** GET /api/imports → items */
export interface PastImport {
  readonly id: string
  readonly type: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  readonly read: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
  readonly legacy: LegacyRead | null
  readonly startedAt: string
  readonly finishedAt: string | null
}
