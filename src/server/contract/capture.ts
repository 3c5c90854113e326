// What the page of web forms is told.

interface Label {
  readonly zh: string
  readonly en: string
}

export interface CaptureFormText {
  readonly title: Label
  readonly intro: Label
  readonly notice: Label
  readonly submit: Label
  readonly thanks: Label
  readonly fields: readonly { readonly name: string; readonly required: boolean }[]
  readonly owner: string | null
  readonly source: string
  readonly origins: readonly string[]
  readonly leastSeconds: number
}

export interface CaptureFormInfo {
  readonly name: string
  readonly active: boolean
  readonly version: number
  readonly updatedAt: string
  readonly definition: CaptureFormText
  readonly waiting: number
  readonly quarantined: number
}

export interface CaptureFormsAnswer {
  readonly forms: readonly CaptureFormInfo[]
  readonly fields: readonly { readonly name: string; readonly label: Label; readonly required: boolean }[]
  readonly sources: readonly { readonly value: string; readonly label: Label }[]
  readonly tenant: string
  /** base64url of the key that pages pin. */
  readonly key: string
  /** Value of the integrity attribute of capture.js. */
  readonly integrity: string
  readonly suite: number
  readonly suiteName: string
}

export interface CaptureQuarantineAnswer {
  readonly items: readonly {
    readonly id: string
    readonly form: string
    readonly reason: 'does-not-open' | 'time' | 'not-valid' | 'spam' | 'error'
    readonly receivedAt: string
    readonly bytes: number
  }[]
}
