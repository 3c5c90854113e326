// Words of the report, in both languages.
import type { CheckState, Label, Language } from '#kernel'
import type { Severity } from './catalogue.ts'

const label = (zh: string, en: string): Label => ({ zh, en })

export const stateWords: Readonly<Record<CheckState, Label>> = {
  pass: label('通过', 'Pass'),
  fail: label('不通过', 'Fail'),
  error: label('出错', 'Error'),
  'not-assessed': label('未评估', 'Not assessed'),
  'not-applicable': label('不适用', 'Not applicable'),
}

export const severityWords: Readonly<Record<Severity, Label>> = {
  critical: label('严重', 'Critical'),
  high: label('高', 'High'),
  medium: label('中', 'Medium'),
  low: label('低', 'Low'),
}

export const words = {
  title: label('合规审查报告', 'Compliance review'),
  summary: label('总览', 'Summary'),
  byGroup: label('各控制域', 'By area'),
  decided: label('项已判定', 'decided'),
  first: label('优先整改', 'What to do first'),
  nothingFails: label('没有不通过的控制项。', 'No control fails.'),
  details: label('已评估的控制项', 'Controls assessed'),
  rest: label('未评估的控制项', 'Controls not assessed'),
  restNote: label(
    '以下控制项没有自动检查，或尚无可供判定的数据。它们既不算通过，也不算不通过。',
    'These controls have no automatic check, or nothing to judge yet. They count neither as passed nor as failed.',
  ),
  requirement: label('要求', 'Requirement'),
  finding: label('发现', 'Finding'),
  remedy: label('整改', 'What to do'),
  evidence: label('证据', 'Evidence'),
  population: label('样本量', 'items'),
  clauses: label('条款', 'Clauses'),
  run: label('审查编号', 'Review'),
  at: label('时间', 'Time'),
  product: label('产品版本', 'Product version'),
  digest: label('证据摘要', 'Evidence digest'),
  journal: label('审计日志位置', 'Place in the journal'),
  entry: label('条目', 'entry'),
  index: label('序号', 'index'),
  unsealed: label('尚未封存', 'not sealed yet'),
  intact: label('存储的证据与审计日志所记一致', 'Stored evidence agrees with the journal'),
  broken: label('警告：存储的证据与审计日志所记不一致', 'Warning: stored evidence does not agree with the journal'),
  mapping: label(
    '条款对应关系为初始映射，须由有资质的人员复核。本报告不构成法律意见。',
    'The mapping to clauses is a starting point for a qualified person to check. This report is no legal advice.',
  ),
  page: label('第 {n} / {of} 页', 'Page {n} of {of}'),
} as const

export type Word = keyof typeof words

export const say =
  (language: Language) =>
  (word: Word): string =>
    words[word][language]
