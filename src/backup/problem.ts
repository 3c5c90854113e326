// The table of what can be wrong with a repository: how bad it is, what it means, what to do. Keeps backup-10.
import type { Label, Uuid } from '#kernel'

export interface Problem {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning' | 'info'
  /** What is wrong, in a sentence. */
  readonly what: string
  /** File, pack or table it is about. */
  readonly object: string
  /** Backup that suffers; empty where none does. */
  readonly backup: Uuid | ''
  /** What to do. */
  readonly remedy: string
  /** The sentences in Chinese. */
  readonly zh: { readonly what: string; readonly remedy: string }
}

interface Kind {
  readonly severity: Problem['severity']
  readonly message: Label
  readonly remedy: Label
}

const fullAgain: Label = {
  zh: '立即做一次全量备份；若有其他副本，用其替换受损对象。未受影响的备份仍可恢复。',
  en: 'make a full backup now; if there is another copy, put its object in place. Backups not named here can still be restored.',
}
const suspect: Label = {
  zh: '查明是谁改动了备份库；不要从此备份恢复，改用其他备份或副本。',
  en: 'find out who changed the repository; do not restore from this backup, use another one or a copy.',
}

export const problems = {
  'repository-missing': {
    severity: 'error',
    message: { zh: '此处没有备份库', en: 'there is no repository here' },
    remedy: { zh: '检查路径；或先做一次全量备份。', en: 'check the path, or make a full backup first.' },
  },
  'repository-damaged': {
    severity: 'error',
    message: { zh: 'repo.json 已损坏或丢失', en: 'repo.json is damaged or missing' },
    remedy: {
      zh: '从其他副本取回 repo.json；其余对象不受影响。',
      en: 'take repo.json from another copy; nothing else is affected.',
    },
  },
  'manifest-damaged': {
    severity: 'error',
    message: { zh: '清单无法读取', en: 'the manifest cannot be read' },
    remedy: fullAgain,
  },
  'manifest-misnamed': {
    severity: 'error',
    message: { zh: '清单的文件名与内容不符', en: 'the manifest lies under a name that is not its own' },
    remedy: suspect,
  },
  'manifest-foreign': {
    severity: 'error',
    message: { zh: '清单属于另一个备份库', en: 'the manifest belongs to another repository' },
    remedy: suspect,
  },
  'manifest-signature': {
    severity: 'error',
    message: { zh: '清单签名不成立', en: 'the signature of the manifest does not hold' },
    remedy: suspect,
  },
  'signer-unknown': {
    severity: 'error',
    message: { zh: '清单由不受信任的密钥签名', en: 'the manifest is signed by a key that is not trusted' },
    remedy: {
      zh: '若为本系统更换过的签名密钥，请将其加入身份文件；否则不要使用此备份。',
      en: 'if it is a newer signing key of yours, pin it in the identity file; otherwise do not use this backup.',
    },
  },
  'signer-not-pinned': {
    severity: 'warning',
    message: {
      zh: '签名密钥取自备份库本身，未在身份文件中固定',
      en: 'the signing key was taken from the repository itself; no identity pins it',
    },
    remedy: {
      zh: '用固定了签名密钥的身份文件再次校验。',
      en: 'verify again with an identity file that pins the signing key.',
    },
  },
  'parent-missing': {
    severity: 'error',
    message: { zh: '所依赖的父备份不存在或不可信', en: 'the backup it builds on is missing or not to be trusted' },
    remedy: fullAgain,
  },
  'parent-changed': {
    severity: 'error',
    message: { zh: '父备份已不是当时的内容', en: 'the backup it builds on is not the one it was made from' },
    remedy: suspect,
  },
  'pack-missing': { severity: 'error', message: { zh: '数据包丢失', en: 'a pack is missing' }, remedy: fullAgain },
  'pack-size': {
    severity: 'error',
    message: { zh: '数据包长度不符', en: 'a pack has the wrong length' },
    remedy: fullAgain,
  },
  'pack-damaged': {
    severity: 'error',
    message: { zh: '数据包内容已改变', en: 'the bytes of a pack have changed' },
    remedy: fullAgain,
  },
  'identity-does-not-open': {
    severity: 'error',
    message: { zh: '此身份密钥无法打开数据包', en: 'this identity does not open the pack' },
    remedy: {
      zh: '使用创建此备份时登记的身份文件；若已丢失，这些备份无法读取，请更换密钥后做全量备份。',
      en: 'use the identity file these backups were sealed to; if it is lost they cannot be read: set a new one and make a full backup.',
    },
  },
  'rows-differ': {
    severity: 'error',
    message: { zh: '数据段无法解封，或行与清单不符', en: 'rows do not open, or are not those that were signed' },
    remedy: fullAgain,
  },
  'backup-vanished': {
    severity: 'error',
    message: { zh: '系统登记过的备份不在备份库中', en: 'a backup this installation made is not in the repository' },
    remedy: suspect,
  },
  'backup-replaced': {
    severity: 'error',
    message: { zh: '清单与系统登记的不一致', en: 'the manifest is not the one this installation wrote' },
    remedy: suspect,
  },
  'keyring-missing': {
    severity: 'error',
    message: {
      zh: '密钥环快照缺失、损坏或早于此备份，此备份无法读取',
      en: 'the snapshot of the keyring is missing, damaged or older than this backup, which cannot be read without it',
    },
    remedy: {
      zh: '系统仍在时立即做一次备份，会写入新的快照；否则从其他副本取回 keyring 目录。',
      en: 'while the installation stands, make a backup now: it writes a new snapshot; else take the folder keyring from another copy.',
    },
  },
  'keyring-outdated': {
    severity: 'error',
    message: {
      zh: '早于最近一次个人信息删除的密钥环快照尚未删除',
      en: 'a snapshot of the keyring from before the last erasure is still there',
    },
    remedy: {
      zh: '做一次备份，会删除旧快照；若已保存到其他副本，请一并删除。',
      en: 'make a backup, which deletes it; delete it from other copies too.',
    },
  },
  'erasure-missing': {
    severity: 'error',
    message: { zh: '删除台账缺少一条记录', en: 'an entry of the ledger of erasures is missing' },
    remedy: {
      zh: '做一次备份，会补写缺失的记录；恢复在此之前会被拒绝。',
      en: 'make a backup, which writes it again; until then a restore is refused.',
    },
  },
  'erasure-damaged': {
    severity: 'error',
    message: { zh: '删除台账中有记录无法采信', en: 'an entry of the ledger of erasures cannot be believed' },
    remedy: suspect,
  },
  'backup-holds-keys': {
    severity: 'warning',
    message: {
      zh: '旧格式备份自身含有数据密钥，已删除的个人信息仍可从中打开',
      en: 'this backup of an older format holds keys itself: persons erased since can still be opened from it',
    },
    remedy: {
      zh: '有新的全量备份后删除旧格式备份。',
      en: 'delete the backups of the older format once there is a new full one.',
    },
  },
  'pack-unused': {
    severity: 'info',
    message: { zh: '有未被引用的数据包', en: 'a pack that no backup names' },
    remedy: {
      zh: '中断的备份所留，下次备份时自动清理。',
      en: 'an interrupted run left it; the next backup removes it.',
    },
  },
  'pack-kept': {
    severity: 'info',
    message: { zh: '有数据包未被可读的清单引用', en: 'a pack that no readable backup names' },
    remedy: {
      zh: '可能属于已损坏或无法读取的那份清单，因此予以保留；该清单恢复之前不会清理。',
      en: 'it may belong to a manifest that is damaged or cannot be read, so it is kept: nothing is removed before that one is back.',
    },
  },
  unfinished: {
    severity: 'info',
    message: { zh: '有未写完的对象', en: 'an object that was not finished' },
    remedy: {
      zh: '中断的备份所留，下次备份时自动清理。',
      en: 'an interrupted run left it; the next backup removes it.',
    },
  },
} as const satisfies Record<string, Kind>

export type ProblemCode = keyof typeof problems

export const problem = (code: ProblemCode, object: string, backup: Uuid | '' = ''): Problem => {
  const { severity, message, remedy } = problems[code]
  return {
    code,
    severity,
    what: message.en,
    object,
    backup,
    remedy: remedy.en,
    zh: { what: message.zh, remedy: remedy.zh },
  }
}
