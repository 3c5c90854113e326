// The headings of our own exports: written by export.ts, read back here, so both sides share one list. Keeps crm-14.
import { type Catalogue, type Field, type Language, offeredFields, type RecordType } from '#kernel'

export interface OwnColumn {
  readonly heading: string
  /** Import target, or null for columns that are only there to be read by people. */
  readonly target: string | null
  readonly field?: Field
  readonly role: 'id' | 'value' | 'link title' | 'owner' | 'owner id' | 'created' | 'updated' | 'mark'
}

/** The columns of an export of a type, in order. */
export const ownColumns = (type: RecordType, language: Language): readonly OwnColumn[] => {
  const zh = language === 'zh'
  const idOf = (label: string): string => (zh ? `${label}编号` : `${label} ID`)
  return [
    { heading: idHeading(type, language), target: 'id', role: 'id' },
    ...offeredFields(type).flatMap((field): readonly OwnColumn[] => {
      const heading = field.label[language]
      if (field.kind !== 'link') return [{ heading, target: field.name, field, role: 'value' }]
      return [
        { heading, target: null, field, role: 'link title' },
        { heading: idOf(heading), target: field.name, field, role: 'value' },
      ]
    }),
    { heading: zh ? '负责人' : 'Owner', target: null, role: 'owner' },
    { heading: idOf(zh ? '负责人' : 'Owner'), target: 'owner id', role: 'owner id' },
    { heading: zh ? '创建时间' : 'Created at', target: null, role: 'created' },
    { heading: zh ? '更新时间' : 'Updated at', target: null, role: 'updated' },
    { heading: zh ? '导出标记' : 'Export mark', target: null, role: 'mark' },
  ]
}

const idHeading = (type: RecordType, language: Language): string =>
  language === 'zh' ? `守客${type.label.zh}编号` : `Holdfast ${type.label.en.toLowerCase()} ID`

/** The type and language of a file that this product exported, by its first heading. */
export const ownFile = (
  catalogue: Catalogue,
  header: readonly string[],
): { readonly type: RecordType; readonly language: Language } | null => {
  const first = header[0]?.trim()
  for (const type of catalogue.types)
    for (const language of ['zh', 'en'] as const) if (idHeading(type, language) === first) return { type, language }
  return null
}

/** Headings in front of the rows an import has refused. */
export const refusedHeadings = ['ERROR', 'LINE'] as const

export const isRefusedFile = (header: readonly string[]): boolean =>
  header[0] === refusedHeadings[0] && header[1] === refusedHeadings[1]
