// Web forms for leads: what a form may ask for, its texts, and what becomes of what it sent. Keeps crm-50, crm-51.
import {
  Fault,
  type Field,
  fieldOf,
  type FormField,
  inSentence,
  isUuid,
  type Label,
  type Option,
  type Said,
  say,
  typeOf,
  type Uuid,
} from '#kernel'
import { type CaptureForm, checkValue, type FieldValue, type Reading } from '#vault'
import { catalogue } from './catalogue.ts'

/** What a form asks and says; stored as it stands here, signed with the manifest, shown by capture.js. */
export interface FormDefinition {
  readonly title: Label
  readonly intro: Label
  /** What becomes of the data, and who is responsible: shown above the button. */
  readonly notice: Label
  readonly submit: Label
  readonly thanks: Label
  readonly fields: readonly { readonly name: string; readonly required: boolean }[]
  /** Where leads go: to a person, or null for the public pool. */
  readonly owner: Uuid | null
  /** Value of the field source. */
  readonly source: string
  /** Origins of other hosts whose pages may embed the form, such as https://www.example.com. */
  readonly origins: readonly string[]
  /** Whoever is faster than this many seconds is set aside as a machine. Weak: a machine can wait. */
  readonly leastSeconds: number
}

/** A field as a page needs to know it. */
export interface ShownField {
  readonly name: string
  readonly kind: string
  readonly label: Label
  readonly required: boolean
  readonly maxLength: number
  readonly options?: readonly Pick<Option, 'value' | 'label'>[]
}

/** What a page shows: without the owner, who is nobody's business out there. */
export interface ShownForm extends Pick<
  FormDefinition,
  'title' | 'intro' | 'notice' | 'submit' | 'thanks' | 'leastSeconds'
> {
  readonly fields: readonly ShownField[]
}

const lead = typeOf(catalogue, 'lead')
const kinds = new Set(['text', 'longtext', 'name', 'company', 'email', 'phone', 'url', 'address', 'choice'])
// Ours to fill, not a stranger's.
const ours = new Set(['status', 'source'])

/** Fields of a lead that a form may ask for. */
export const formFields: readonly Field[] = lead.fields.filter(({ kind, name }) => kinds.has(kind) && !ours.has(name))

export const formSources: readonly string[] = (fieldOf(lead, 'source')?.options ?? []).map(({ value }) => value)

const nameShape = /^[a-z0-9][a-z0-9-]{0,39}$/

/** Checks what an administrator has put together. Throws bad-value naming the part. */
export const checkForm = (name: string, form: FormDefinition): FormDefinition => {
  if (!nameShape.test(name))
    throw bad('name', 'expected up to 40 letters a–z, digits and hyphens', { zh: '短名称', en: 'short name' })
  for (const part of ['title', 'submit', 'thanks'] as const)
    if (form[part].zh.trim() === '' || form[part].en.trim() === '')
      throw bad(part, 'a text in both languages is needed')
  const names = form.fields.map((field) => field.name)
  const unknown = names.find((one) => !formFields.some((field) => field.name === one))
  if (unknown !== undefined) throw bad('fields', 'a form cannot ask for this field')
  if (new Set(names).size !== names.length) throw bad('fields', 'expected each field once')
  const missing = formFields.find(
    (field) => field.required && !form.fields.some((one) => one.name === field.name && one.required),
  )
  if (missing) throw bad('fields', say('{field} is needed for a lead', { field: inSentence(missing.label) }))
  if (form.owner !== null && !isUuid(form.owner)) throw bad('owner', 'expected the id of a user')
  if (!formSources.includes(form.source)) throw bad('source', 'not one of the options')
  const wrong = form.origins.find((origin) => !isOrigin(origin))
  if (wrong !== undefined) throw bad('origins', 'expected an origin such as https://www.example.com')
  if (!Number.isInteger(form.leastSeconds) || form.leastSeconds < 0 || form.leastSeconds > 60)
    throw bad('leastSeconds', 'expected 0 to 60 seconds')
  return form
}

const bad = (field: FormField, what: Said, label?: Label): Fault =>
  new Fault('bad-value', { field, what, ...(label ? { label } : {}) })

// Over plain http the host in between could exchange the page, and with it the pinned key; this machine is the exception, for trying.
const isOrigin = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.origin !== text) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
}

/** The definition of a stored form. */
export const definitionOf = (form: Pick<CaptureForm, 'definition'>): FormDefinition =>
  form.definition as unknown as FormDefinition

/** What a page is told of a form. */
export const shownForm = (definition: FormDefinition): ShownForm => {
  const { title, intro, notice, submit, thanks, leastSeconds } = definition
  const fields = definition.fields.flatMap(({ name, required }) => {
    const field = formFields.find((one) => one.name === name)
    return field ? [shownField(field, required)] : []
  })
  return { title, intro, notice, submit, thanks, leastSeconds, fields }
}

const shownField = (field: Field, required: boolean): ShownField => {
  const { name, kind, label, maxLength, options } = field
  const choices = options?.map((option) => ({ value: option.value, label: option.label }))
  return {
    name,
    kind,
    label,
    required: required || field.required,
    // A form shall not take more than its envelope holds.
    maxLength: Math.min(maxLength, kind === 'longtext' ? 2000 : 500),
    ...(choices ? { options: choices } : {}),
  }
}

/** Makes values of a lead out of what was sealed; whatever a stranger wrote is checked like any other value. */
export const readLead = (form: CaptureForm, content: unknown): Reading => {
  const definition = definitionOf(form)
  if (!isContent(content)) return { reason: 'not-valid' }
  if (content.trap !== '' || content.seconds < definition.leastSeconds) return { reason: 'spam' }
  const values: Record<string, FieldValue> = { status: 'new', source: definition.source }
  for (const [name, value] of Object.entries(content.values)) {
    const field = definition.fields.some((one) => one.name === name) && formFields.find((one) => one.name === name)
    if (!field || typeof value !== 'string') return { reason: 'not-valid' }
    const checked = checkValue({ ...field, required: false }, value.trim())
    if ('refusal' in checked) return { reason: 'not-valid' }
    if (checked.value !== null) values[name] = checked.value
  }
  const missing = formFields.some((field) => field.required && values[field.name] === undefined)
  return missing ? { reason: 'not-valid' } : { values, owner: definition.owner }
}

interface Content {
  readonly v: 1
  readonly values: Readonly<Record<string, unknown>>
  readonly seconds: number
  readonly trap: string
}

const isContent = (content: unknown): content is Content => {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false
  const { v, values, seconds, trap } = content as Readonly<Record<string, unknown>>
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false
  return v === 1 && typeof seconds === 'number' && typeof trap === 'string'
}
