// What the interface says of imports: a file before, on its way and afterwards, and columns that an old system sealed.
import type { Both } from '../contract.ts'

// POST /api/imports (multipart: file, optional fields encoding, delimiter, type) → ImportPreview
// POST /api/imports/:id/run ImportRun → {id} ; GET /api/imports/:id → ImportState ; GET /api/imports/:id/refused.csv ;
// DELETE /api/imports/:id (cancel) ; GET /api/imports → {items: PastImport[]}
export interface ImportPreview {
  readonly id: string
  readonly fileName: string
  readonly encoding: string
  readonly candidates: readonly string[]
  readonly delimiter: string
  readonly preset: string | null
  readonly suggestedType: string | null
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly rowsEstimate: number
  readonly columns: readonly {
    readonly index: number
    readonly heading: string
    readonly suggestion: string | null
    readonly warning: Both | null
    /** Of dates with slashes whose order of day and month the values do not tell: ask. */
    readonly dateOrder?: string
  }[]
  readonly problems: readonly Both[]
}
export interface ImportRun {
  readonly type: string
  readonly encoding: string
  readonly delimiter: string
  /** Column index → field name, or null to leave out. */
  readonly mapping: Readonly<Record<string, string | null>>
  readonly createAccounts: boolean
  /** Order of day and month, by column index. */
  readonly dateOrders?: Readonly<Record<string, 'dmy' | 'mdy'>>
  readonly legacy?: LegacyColumns
}
export interface ImportState {
  readonly id: string
  readonly state: 'preview' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly progress: number
  readonly read: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
  readonly hasRefusedFile: boolean
  readonly error: string | null
  readonly accountsCreated: number
  readonly unknownOwners: readonly string[]
  readonly warnings: readonly (Both & { readonly line: number })[]
  readonly legacy: LegacyRead | null
}

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
