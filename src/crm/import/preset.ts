// Which system a file comes from, and what that changes: empty marks, separators of tags, columns read differently. Keeps crm-6.
import { foldHeading } from './fold.ts'
import { usualTags } from './value.ts'

export const presetNames = [
  'fxiaoke',
  'zoho',
  'hubspot',
  'salesforce',
  'wukong',
  'ruoyi',
  'datablist',
  'maven',
  'holdfast',
] as const
export type PresetName = (typeof presetNames)[number]

export interface Preset {
  readonly name: PresetName
  /** Whether a set of folded headings is of this system. */
  readonly matches: (has: (heading: string) => boolean, headings: readonly string[]) => boolean
  /** Type of the file where it can be told apart by more than the usual count of known headings. */
  readonly type?: (has: (heading: string) => boolean) => string | undefined
  /** Cells that mean nothing. */
  readonly empty?: ReadonlySet<string>
  readonly tags?: RegExp
  /** Folded heading → target (null: not imported), before the common list. */
  readonly columns?: Readonly<Record<string, string | null>>
}

/** The system a heading row comes from, or null. */
export const presetOf = (header: readonly string[]): Preset | null => {
  const folded = new Set(header.map(foldHeading))
  const has = (heading: string): boolean => folded.has(foldHeading(heading))
  return presets.find((preset) => preset.matches(has, header)) ?? null
}

export const presetNamed = (name: PresetName): Preset | undefined => presets.find((preset) => preset.name === name)

const count = (has: (heading: string) => boolean, headings: string): number => headings.split('|').filter(has).length

const presets: readonly Preset[] = [
  {
    name: 'maven',
    matches: (has) =>
      count(has, 'opportunity_id|sales_agent|deal_stage|engage_date|close_value') >= 4 ||
      count(has, 'account|sector|year_established|subsidiary_of') === 4 ||
      count(has, 'sales_agent|manager|regional_office') === 3 ||
      count(has, 'product|series|sales_price') === 3,
    type: (has) => (has('opportunity_id') ? 'deal' : has('subsidiary_of') ? 'account' : undefined),
    columns: { yearestablished: null, officelocation: 'country' },
  },
  {
    name: 'datablist',
    matches: (has) =>
      has('index') && (count(has, 'customer id|subscription date') === 2 || count(has, 'organization|founded') === 2),
    type: (has) => (has('customer id') ? 'contact' : 'account'),
    // In the list of organisations the id stands under Organization and the name under Name.
    columns: { organization: 'importKey', customerid: 'importKey', index: null, subscriptiondate: null },
  },
  {
    name: 'fxiaoke',
    matches: (has) => has('唯一性ID') || count(has, '生命状态|锁定状态|负责人主属部门|归属部门') >= 2,
    type: (has) => (has('姓名') ? 'contact' : has('商机名称') ? 'deal' : has('线索名称') ? 'lead' : 'account'),
    tags: /\|/,
    columns: { 客户编号: null },
  },
  {
    name: 'ruoyi',
    matches: (has) =>
      count(has, '负责人名字|负责人部门') >= 1 ||
      (has('客户名称') && has('客户等级') && has('所属行业') && has('地区')),
  },
  {
    name: 'wukong',
    matches: (has) => (has('客户名称') && has('客户行业') && has('客户级别')) || has('是否关键决策人'),
    columns: { 下次联系时间: null },
  },
  {
    name: 'zoho',
    matches: (has, headings) => has('Record Id') && headings.some((heading) => /\.id$/i.test(heading.trim())),
    type: (has) => ownerType(has),
    tags: /,/,
    // The owner is told by name; ids of owners and of people who changed the record mean nothing here.
    columns: { contactname: null, vendornameid: null, createdbyid: null, modifiedbyid: null, locked: null },
  },
  {
    name: 'hubspot',
    matches: (has) =>
      has('Record ID') &&
      count(
        has,
        'contact owner|company owner|deal owner|lifecycle stage|lead status|pipeline|associated company ids',
      ) >= 1,
    type: (has) => ownerType(has),
    tags: /;/,
    // Company Name is free text of the contact; the company it belongs to is the associated one. Ids may be several, so names count.
    columns: { associatedcompanyids: null, associatedcompanyid: null, associatedcontactids: null },
  },
  {
    name: 'salesforce',
    matches: (has) => count(has, 'isdeleted|systemmodstamp|masterrecordid|createdbyid|lastmodifiedbyid|ownerid') >= 2,
    type: (has) => {
      if (has('stagename')) return 'deal'
      if (has('isconverted') || (has('company') && has('status'))) return 'lead'
      return has('lastname') && has('firstname') ? 'contact' : has('name') ? 'account' : undefined
    },
    empty: new Set(['#N/A', 'NULL']),
    tags: /;/,
    columns: {
      id: 'importKey',
      ownerid: null,
      createdbyid: null,
      lastmodifiedbyid: null,
      masterrecordid: null,
      parentid: null,
      accountnumber: null,
    },
  },
]

const ownerType = (has: (heading: string) => boolean): string | undefined => {
  if (has('Deal Owner') || has('Deal Name') || has('Dealname')) return 'deal'
  if (has('Contact Owner')) return 'contact'
  if (has('Lead Owner')) return 'lead'
  return has('Account Owner') || has('Company Owner') ? 'account' : undefined
}

/** How the cells of a preset separate tags. */
export const tagsOf = (preset: Preset | null): RegExp => preset?.tags ?? usualTags
