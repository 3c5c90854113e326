// What the certificate of an erasure says on paper, in the reader's language.
import type { Paper } from '#compliance'
import type { Catalogue, Label, Language } from '#kernel'
import type { Certificate } from '#vault'

const words = {
  title: { zh: '个人信息删除证明', en: 'Certificate of erasure' },
  number: { zh: '台账编号', en: 'Number in the ledger' },
  at: { zh: '删除时间', en: 'Erased at' },
  subject: { zh: '主体编号', en: 'Subject' },
  by: { zh: '操作人编号', en: 'Erased by' },
  reason: { zh: '原因', en: 'Reason' },
  records: { zh: '已清空的记录', en: 'Records emptied' },
  attachments: { zh: '附件', en: 'files' },
  keys: { zh: '已销毁的数据密钥', en: 'Data keys destroyed' },
  generation: { zh: '第 {n} 代，承诺值 SHA-256 {hash}', en: 'generation {n}, SHA-256 of its commitment {hash}' },
  backups: { zh: '备份', en: 'Backups' },
  days: {
    zh: '备份中不含数据密钥。密钥环的旧快照已从可访问的备份库中删除，其他副本最迟在 {n} 天内删除。',
    en: 'No backup holds data keys. Older snapshots of the keyring were deleted from every repository that could be reached; other copies go within {n} days.',
  },
  copies: { zh: '数据库文件副本', en: 'Copies of the database files' },
  closed: {
    zh: '已于 {at} 收尾：删除前留下的数据库文件副本（快照、从库、预写日志）所用的密钥纪元、检索密钥与根密钥均已更换并销毁。',
    en: 'Closed at {at}: the key epoch, the search keys and the root key that copies of the database files made before (snapshots, replicas, write-ahead log) were under have been exchanged and destroyed.',
  },
  notClosed: {
    zh: '尚未收尾：删除前留下的数据库文件副本在根密钥更换之前，仍可由持有根密钥的人打开。请执行 holdfast erase finish。',
    en: 'Not closed yet: a copy of the database files made before opens for whoever holds the root key, until it is exchanged (holdfast erase finish).',
  },
  previous: { zh: '上一份证明', en: 'Certificate before' },
  digest: { zh: '本证明 SHA-256', en: 'SHA-256 of this one' },
  key: { zh: '签名公钥', en: 'Public key' },
  signature: { zh: '签名', en: 'Signature' },
  note: {
    zh: '此页由已签名的文件生成；以随附的 JSON 文件为准，可用 openssl 校验，命令见产品文档。数据密钥销毁后，数据库、审计日志和任何备份中属于该主体的密文均无法再解封。审计日志中的历史条目与证明保持不变。',
    en: 'This page is made from a signed file; the JSON file that goes with it is what counts, and openssl checks it by the commands in the documentation. With the data keys gone, nothing sealed for this subject in the database, the journal or any backup can be opened. Entries of the journal and their proofs stay as they were.',
  },
} as const satisfies Record<string, Label>

interface Setting {
  readonly language: Language
  readonly organisation: string
  readonly catalogue: Catalogue
  /** When the final step that covers this erasure was done; null: it was not. */
  readonly closed: string | null
}

export const paperOf = (
  { facts, sha256, suite, publicKey, signature }: Certificate,
  { language, organisation, catalogue, closed }: Setting,
): Paper => {
  const t = (name: keyof typeof words): string => words[name][language]
  const labelOf = (type: string): string => catalogue.types.find((one) => one.name === type)?.plurals[language] ?? type
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const records = Object.entries(facts.records).map(([type, count]) => `${labelOf(type)} ${String(count)}`)
  const files = facts.attachments > 0 ? [`${t('attachments')} ${String(facts.attachments)}`] : []
  return {
    title: t('title'),
    organisation,
    language,
    at: facts.at,
    lines: [
      [t('number'), String(facts.number)],
      [t('at'), facts.at],
      [t('subject'), facts.subject],
      [t('by'), facts.by],
      [t('reason'), facts.reason],
      [t('records'), [...records, ...files].join(language === 'zh' ? '，' : ', ')],
      [
        t('keys'),
        facts.keys
          .map(({ generation, commitment }) =>
            t('generation').replace('{n}', String(generation)).replace('{hash}', commitment),
          )
          .join('\n'),
      ],
      [t('backups'), t('days').replace('{n}', String(facts.backupDays))],
      [t('copies'), closed === null ? t('notClosed') : t('closed').replace('{at}', closed)],
      [t('previous'), facts.previous ?? '–'],
      [t('digest'), sha256],
      [`${t('key')} (${suite})`, base64(publicKey)],
      [t('signature'), base64(signature)],
    ],
    note: t('note'),
  }
}
