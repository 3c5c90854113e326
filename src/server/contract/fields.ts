// Fields that a tenant adds to the catalogue, as the page reads them.
import type { Label } from '#kernel'

/** GET /api/custom-fields → CustomFieldsAnswer; POST and PATCH → CustomFieldInfo */
export interface CustomFieldInfo {
  readonly id: number
  readonly type: string
  readonly name: string
  readonly kind: string
  readonly label: Label
  readonly purpose: Label
  readonly dataClass: string
  readonly group: string
  readonly sealed: boolean
  readonly searched: boolean
  readonly inList: boolean
  readonly retired: boolean
  readonly options: readonly { readonly value: string; readonly label: Label }[]
}

export interface CustomFieldsAnswer {
  readonly items: readonly CustomFieldInfo[]
  readonly kinds: readonly { readonly kind: string; readonly sealable: boolean; readonly searchable: boolean }[]
  /** Record types that take fields. */
  readonly types: readonly string[]
}
