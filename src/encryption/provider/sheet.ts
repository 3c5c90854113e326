// The recovery sheet: a root key as 14 blocks of five characters that a person can write down and type in again.
// Keeps encryption-14: what is mistyped is named by its block, and never gives a wrong key.
import { concat, Fault, type Language, say, utf8 } from '#kernel'
import { sha256 } from '../digest.ts'
import { blockBytes, blockText, checkOf, tidy } from './crockford.ts'
import { fingerprintOf, rootKeyOf } from './root.ts'

export interface RecoverySheet {
  readonly fingerprint: string
  /** Day the root key was made, YYYY-MM-DD. */
  readonly created: string
  /** The 14 blocks with spaces between: the root key itself, so never logged, mailed or stored. */
  readonly blocks: string
  /** The page to print. */
  text(language: Language): string
}

const keyLetters = 52 // 256 bits, five a letter, four zero bits over
const blockCount = 14 // 13 of the key, one of its hash

/** The sheet of a root key. */
export const sheetOf = (raw: Uint8Array, created: string): RecoverySheet => {
  const fingerprint = fingerprintOf(rootKeyOf(raw).id)
  const blocks = blocksOf(raw).join(' ')
  const day = created.slice(0, 10)
  return { fingerprint, created: day, blocks, text: (language) => page(language, fingerprint, day, blocks) }
}

/** The page where the root key is not for printing: it says what brings what back. It has no blocks. */
export const sheetElsewhere = (home: {
  readonly fingerprint: string
  readonly created: string
  readonly kind: string
  readonly shares?: { readonly threshold: number; readonly of: number; readonly set: string }
}): RecoverySheet => {
  const { fingerprint, shares } = home
  const created = home.created.slice(0, 10)
  const where = {
    en: shares
      ? `Kept in ${shares.of} custody shares (set ${shares.set}); any ${shares.threshold} of them are the root key. There is no other copy.`
      : `Kept by the key provider "${home.kind}". It never leaves there, so there is nothing to print.`,
    zh: shares
      ? `由 ${shares.of} 份分片保管（批次 ${shares.set}），任意 ${shares.threshold} 份即可还原根密钥，此外没有其他副本。`
      : `由密钥服务“${home.kind}”保管，根密钥不会离开该服务，因此无可打印的内容。`,
  }
  const text = (language: Language): string => {
    const words = sentences[language]
    const notes = shares ? words.shares : words.elsewhere
    const head = [words.title, '', `${words.fingerprint}: ${fingerprint}`, `${words.created}: ${created}`, '']
    return [...head, where[language], ...notes, ''].join('\n')
  }
  return { fingerprint, created, blocks: '', text }
}

/** The root key of a sheet: the printed page, or its blocks alone, with any spacing, case and line breaks. */
export const parseSheet = (text: string): Uint8Array => {
  const blocks = text.split(/\r?\n/).flatMap(blocksOfLine)
  if (blocks.length !== blockCount) {
    throw new Fault('bad-input', {
      what: say('a recovery sheet has {expected} blocks of five characters, found {found}', {
        expected: blockCount,
        found: blocks.length,
      }),
    })
  }
  blocks.forEach((block, i) => {
    if (checkOf(block.slice(0, 4), i) !== block[4]) throw new Fault('recovery-mistyped', { block: i + 1 })
  })
  const letters = blocks.map((block) => block.slice(0, 4)).join('')
  const raw = blockBytes(letters.slice(0, keyLetters))
  if (!raw) throw new Fault('recovery-mistyped', { block: blockCount - 1 })
  if (letters.slice(keyLetters) !== hashBlock(raw)) throw new Fault('recovery-mistyped', { block: blockCount })
  return raw
}

const blocksOf = (raw: Uint8Array): readonly string[] =>
  ((blockText(raw) + hashBlock(raw)).match(/.{4}/g) ?? []).map((block, i) => block + checkOf(block, i))

const hashBlock = (raw: Uint8Array): string => blockText(sha256(concat(utf8('holdfast/root/sheet/1'), raw))).slice(0, 4)

// A line of blocks holds nothing but blocks; every other line of the page is for people.
const blocksOfLine = (line: string): readonly string[] => {
  const tokens = tidy(line)
    .split(/[\s-]+/)
    .filter((token) => token !== '')
  return tokens.every((token) => /^[0-9A-HJKMNP-TV-Z]{5}$/.test(token)) ? tokens : []
}

const page = (language: Language, fingerprint: string, created: string, blocks: string): string => {
  const all = blocks.split(' ')
  const rows = [all.slice(0, 5), all.slice(5, 10), all.slice(10)].map((row) => `    ${row.join('  ')}`)
  const words = sentences[language]
  return [
    words.title,
    '',
    `${words.fingerprint}: ${fingerprint}`,
    `${words.created}: ${created}`,
    '',
    ...rows,
    '',
    ...words.notes,
    '',
  ].join('\n')
}

const sentences = {
  en: {
    title: 'HOLDFAST RECOVERY SHEET',
    fingerprint: 'Fingerprint of the root key',
    created: 'Made on',
    notes: [
      'Whoever holds this sheet and a copy of the data can read everything. Keep it on paper, in a safe, away from the server.',
      'Without it, a lost key directory means that the data is lost for good. To use it: holdfast keys recover',
    ],
    shares: [
      'If the key directory is lost: holdfast keys recover --shares FILES, then start or restore. Signing keys come back with the data.',
    ],
    elsewhere: [
      'If the key directory is lost: set the same key provider in the configuration, then start or restore; signing keys come back with',
      'the data, sealed by the provider. If the key at the provider is lost or destroyed, the data is lost for good.',
    ],
  },
  zh: {
    title: '守客（Holdfast）密钥恢复单',
    fingerprint: '根密钥指纹',
    created: '生成日期',
    notes: [
      '持有本单和数据副本的人可以读取全部内容。请打印在纸上，锁入保险柜，并与服务器分开存放。',
      '若密钥目录丢失而没有本单，数据将永久无法恢复。使用方法：holdfast keys recover',
    ],
    shares: ['若密钥目录丢失：先运行 holdfast keys recover --shares 文件，再启动或恢复；签名密钥随数据一并恢复。'],
    elsewhere: [
      '若密钥目录丢失：在配置中填写同一密钥服务，再启动或恢复；签名密钥由该服务加密，随数据一并恢复。',
      '若密钥服务中的密钥丢失或被销毁，数据将永久无法恢复。',
    ],
  },
} as const
