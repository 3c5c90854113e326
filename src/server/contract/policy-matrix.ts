// The role matrix as the page shows it: cells by role, type and action, where each comes from, and what differs from the shipped one.
import type { Both } from '../contract.ts'
import type { PolicyDocumentAnswer, PolicyGrant, RoleChangeItem } from './policies.ts'

export type MatrixScope = PolicyGrant['scope']
export type MatrixLayer = 'rail' | 'everyone' | 'default' | 'role' | 'administrator' | 'own' | 'restriction'

export interface MatrixAllow {
  readonly policy: string
  /** some: as the conditions of the policy say. */
  readonly scope: MatrixScope | 'some'
}

export interface MatrixCell {
  readonly allow: readonly MatrixAllow[]
  /** always: whatever the record and the surroundings. */
  readonly forbid: readonly { readonly policy: string; readonly always: boolean }[]
}

/** By role, type (or `system`) and action; what is absent is not allowed. */
export type MatrixCells = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, MatrixCell | undefined>> | undefined>> | undefined>
>

/** GET /api/policies/matrix */
export interface MatrixAnswer {
  /** The version it is of. */
  readonly version: number
  readonly roles: readonly {
    readonly name: string
    readonly label: Both
    /** Whether the product ships it; its row can be compared then. */
    readonly shipped: boolean
    /** The one who administers all is no row of the matrix. */
    readonly editable: boolean
    /** Of a role that the house made. */
    readonly own: {
      readonly about: Both | null
      readonly base: string
      readonly baseLabel: Both
      /** How many hold it: it is retired only when nobody does. */
      readonly people: number
      readonly keys: number
      readonly mappings: number
      readonly loans: number
    } | null
  }[]
  /** Roles of the house's own that are given to nobody any more. */
  readonly retired: readonly { readonly name: string; readonly label: Both }[]
  /** Roles that may be copied. */
  readonly copied: readonly string[]
  readonly types: readonly { readonly name: string; readonly label: Both; readonly scopes: readonly MatrixScope[] }[]
  readonly system: readonly { readonly name: string; readonly label: Both }[]
  readonly actions: readonly { readonly name: string; readonly label: Both }[]
  readonly cells: MatrixCells
  /** Cells that differ from the shipped ones, by `role/type/action`, with what the product ships there. */
  readonly shipped: Readonly<Record<string, readonly MatrixAllow[]>>
  readonly policies: Readonly<Record<string, { readonly layer: MatrixLayer; readonly label: Both }>>
}

export interface MatrixEdit {
  readonly role: string
  readonly type: string
  readonly scope: MatrixScope
  readonly action: string
  readonly on: boolean
}

/** A role made of another one; its name is its id and stays. */
export interface RoleMade {
  readonly name: string
  readonly from: string
  readonly label: Both
  readonly about?: Both
}

/** What is to become of roles of the house's own, in this order, before cells are switched. */
export interface RoleStepsAsked {
  readonly make: readonly RoleMade[]
  readonly describe: readonly Omit<RoleMade, 'from'>[]
  readonly retire: readonly string[]
}

/** POST /api/policies/matrix {base, edits, roles?}: what the document would be; nothing is stored. */
export interface MatrixDraftAnswer {
  readonly document: PolicyDocumentAnswer
  readonly matrix: MatrixAnswer
  readonly differences: readonly {
    readonly role: string
    readonly type: string
    readonly scope: MatrixScope
    readonly gained: readonly string[]
    readonly lost: readonly string[]
    readonly words: Both
  }[]
  readonly roles: readonly RoleChangeItem[]
  /** Restrictions and policies in Cedar that are about a copied role, and not about its copy. */
  readonly left: readonly { readonly role: string; readonly policy: string; readonly label: Both }[]
  /** What a guard rail always forbids is left out. */
  readonly refused: readonly { readonly edit: MatrixEdit; readonly policy: string; readonly label: Both }[]
}
