// The one error class: a code of the table, and details of which nothing is English alone. Keeps kernel-5, kernel-6.
import { type Field, fieldOf, type Label, type RecordType } from './catalogue.ts'
import { type FaultCode, faults } from './errors.ts'
import { type FormField, formFields } from './form-fields.ts'
import { refusalOf } from './refusal.ts'
import { fill, inSentence, type Language, phrases, type Said, verbatim, type Word } from './say.ts'
import { type Thing, things } from './things.ts'

export type Details = Readonly<Record<string, Word>>

/** Codes whose sentence is about a {what}. */
type Asking = {
  [Code in FaultCode]: (typeof faults)[Code]['en'] extends `${string}{what}${string}` ? Code : never
}[FaultCode]
/** What they are about is a thing that has a name of its own. */
const thingCodes = [
  'not-found',
  'conflict',
  'taken',
  'already-exists',
  'too-large',
  'catalogue-busy',
  'disk-full',
] as const
type ThingCode = (typeof thingCodes)[number]
/** For whoever sits at the command line, and for programs of a provisioning protocol: English alone. */
type EnglishCode = 'wrong-use' | 'scim-refused'
type SaidCode = Exclude<Asking, ThingCode | EnglishCode | 'bad-value'>
type BareCode = Exclude<FaultCode, SaidCode | ThingCode | EnglishCode | 'bad-value' | 'hidden-field'>

/** A part of a form of ours, or a field of a record with what people call it. */
export type Part =
  { readonly field: FormField; readonly label?: Label } | { readonly field: string; readonly label: Label }

/** A field of a record as faults about it take it. */
export const partOf = ({ name, label }: Pick<Field, 'name' | 'label'>): Part => ({ field: name, label })

/** The field of that name of a record type, or a name that none of those it offers has. */
export const partIn = (type: RecordType, name: string): Part => {
  const field = fieldOf(type, name)
  if (field) return partOf(field)
  const safe = name.replaceAll(/[^\w]/gu, '?').slice(0, 40)
  return { field: safe, label: verbatim(safe) }
}

/** The one error class. Details name things and limits, never a personal value or a key; what they say is said in both languages. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly details: Details
  constructor(code: BareCode, details?: Details, options?: ErrorOptions)
  constructor(code: SaidCode, details: Details & { readonly what: Said }, options?: ErrorOptions)
  constructor(code: ThingCode, details: Details & { readonly what: Thing | Label }, options?: ErrorOptions)
  constructor(code: 'bad-value', details: Part & { readonly what: Said }, options?: ErrorOptions)
  constructor(code: 'hidden-field', details: Part, options?: ErrorOptions)
  constructor(code: EnglishCode, details: Details & { readonly what: string }, options?: ErrorOptions)
  constructor(code: FaultCode, details: Details = {}, options: ErrorOptions = {}) {
    super(sentence(code, details, 'en'), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.details = details
  }
  get status(): number {
    return faults[this.code].status
  }
  /** The whole sentence. A refusal says which right is missing, and whom to ask. */
  in(language: Language): string {
    const { action } = this.details
    const refused = this.code === 'denied' && typeof action === 'string' ? refusalOf(action, language) : undefined
    return refused ?? sentence(this.code, this.details, language)
  }
  /** A Fault that another process has told of. */
  static again(code: FaultCode, details: Details): Fault {
    return new Fault(code as 'internal', details)
  }
}

/** The sentence of a code with its details filled in: things, phrases and fields by what people call them. */
export const sentence = (code: FaultCode, details: Details, language: Language): string => {
  const { what, field, label } = details
  const words = {
    ...details,
    ...(typeof what === 'string' ? { what: known(isThingCode(code) ? things : phrases, what) } : {}),
    ...(typeof field === 'string' ? { field: partName(field, label) } : {}),
  }
  return fill(faults[code][language], words, language)
}

const isThingCode = (code: FaultCode): code is ThingCode => thingCodes.some((one) => one === code)

const known = (words: Readonly<Record<string, Label | string>>, name: string): Word => {
  const found = Object.hasOwn(words, name) ? words[name] : undefined
  return typeof found === 'string' ? { zh: found, en: name } : (found ?? name)
}

/** A field is called by its label: in Chinese within quotation marks, so that it is not read as a part of the sentence. */
const partName = (field: string, label: Word | undefined): Word => {
  const name = typeof label === 'object' ? inSentence(label) : known(formFields, field)
  return typeof name === 'object' ? { zh: `“${name.zh}”`, en: name.en } : name
}

/** Whether a value is a Fault (of the given code). */
export const isFault = (value: unknown, code?: FaultCode): value is Fault =>
  value instanceof Fault && (code === undefined || value.code === code)
