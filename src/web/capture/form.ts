// The form as people see it: drawn in a shadow root, so that neither page disturbs the other, with styles no content policy forbids.
import type { Both, Definition, Field } from './manifest.ts'
import { type Language, words } from './words.ts'

export interface Drawn {
  /** What was written, by field; the trap apart. */
  values(): { readonly values: Readonly<Record<string, string>>; readonly trap: string }
  busy(on: boolean): void
  say(text: string, bad: boolean): void
  done(text: string): void
}

const css = `
:host { all: initial; display: block; color-scheme: light; font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif; color: #1c2430 }
form, .done { box-sizing: border-box; max-width: 30rem; display: grid; gap: .9rem; padding: 1.5rem; border: 1px solid #d9dee5; border-radius: 8px; background: #fff }
h2 { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.3 }
p { margin: 0; white-space: pre-line }
label { display: grid; gap: .25rem; font-weight: 500 }
label small { font-weight: 400; color: #5b6675 }
input, select, textarea { box-sizing: border-box; width: 100%; font: inherit; font-weight: 400; color: inherit; padding: .45rem .6rem; border: 1px solid #aab4c0; border-radius: 6px; background: #fff }
textarea { min-height: 6rem; resize: vertical }
input:focus-visible, select:focus-visible, textarea:focus-visible, button:focus-visible { outline: 2px solid #0b6e75; outline-offset: 1px }
button { justify-self: start; font: inherit; font-weight: 600; color: #fff; background: #0b6e75; border: 0; border-radius: 6px; padding: .55rem 1.4rem; cursor: pointer }
button:disabled { background: #7c8a99; cursor: default }
.quiet { font-size: .85rem; color: #5b6675 }
.bad { color: #a8071a }
.trap { position: absolute; left: -9999px; width: 1px; height: 1px; overflow: hidden }
`

const pageCss = `
body { margin: 0; background: #eef1f4; font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif; color: #5b6675 }
main { max-width: 30rem; margin: 0 auto; padding: 6vh 1rem 3rem }
a { color: #0b6e75 }
`

const sheetOf = (text: string): CSSStyleSheet => {
  const made = new CSSStyleSheet()
  made.replaceSync(text)
  return made
}

/** The look of our own page around a form; pages of others keep theirs. */
export const dressPage = (): void => {
  document.adoptedStyleSheets = [sheetOf(pageCss)]
}

const make = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

const rootOf = (host: HTMLElement): ShadowRoot => {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.adoptedStyleSheets = [sheetOf(css)]
  root.replaceChildren()
  return root
}

/** A sentence in the place of a form. */
export const sayOnly = (host: HTMLElement, text: string, bad: boolean): void => {
  const box = make('div', { className: 'done' }, make('p', { className: bad ? 'bad' : '' }, text))
  box.setAttribute('role', bad ? 'alert' : 'status')
  rootOf(host).append(box)
}

/** Draws the form; submit is called when people send it. */
export const drawForm = (host: HTMLElement, definition: Definition, language: Language, submit: () => void): Drawn => {
  const text = (both: Both): string => both[language]
  const root = rootOf(host)
  const inputs = new Map(definition.fields.map((field) => [field.name, inputOf(field, language)]))
  // People do not see it, and keyboards and readers pass it by; a machine that fills in everything gives itself away. Weak, but free.
  const trap = make('input', { name: 'website-2', tabIndex: -1, autocomplete: 'off' })
  const trapBox = make('div', { className: 'trap' }, trap)
  trapBox.setAttribute('aria-hidden', 'true')
  const button = make('button', { type: 'submit' }, text(definition.submit))
  const status = make('p', { className: 'quiet' }, words.sealed[language])
  status.setAttribute('role', 'status')
  const lines = definition.fields.map((field) => {
    const input = inputs.get(field.name)
    const hint = field.required ? [' ', make('small', {}, words.required[language])] : []
    return make('label', {}, make('span', {}, text(field.label), ...hint), ...(input ? [input] : []))
  })
  const paragraph = (both: Both, className: string): readonly Node[] =>
    text(both).trim() === '' ? [] : [make('p', { className }, text(both))]
  const form = make(
    'form',
    { noValidate: false },
    make('h2', {}, text(definition.title)),
    ...paragraph(definition.intro, ''),
    ...lines,
    trapBox,
    ...paragraph(definition.notice, 'quiet'),
    button,
    status,
  )
  form.lang = language
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  root.append(form)
  const say = (what: string, bad: boolean): void => {
    status.textContent = what
    status.className = bad ? 'bad' : 'quiet'
  }
  return {
    values: () => ({
      values: Object.fromEntries(
        [...inputs].flatMap(([name, { value }]) => (value.trim() === '' ? [] : [[name, value.trim()]])),
      ),
      trap: trap.value,
    }),
    busy: (on) => {
      button.disabled = on
      if (on) say(words.sending[language], false)
    },
    say,
    done: (what) => sayOnly(host, what, false),
  }
}

const inputOf = (field: Field, language: Language): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement => {
  const { name, kind, required, maxLength, options } = field
  if (options) {
    const choices = [
      make('option', { value: '' }, words.choose[language]),
      ...options.map(({ value, label }) => make('option', { value }, label[language])),
    ]
    return make('select', { name, required }, ...choices)
  }
  if (kind === 'longtext') return make('textarea', { name, required, maxLength })
  const type = { email: 'email', phone: 'tel', url: 'url' }[kind] ?? 'text'
  return make('input', { name, type, required, maxLength, autocomplete: completions[name] ?? 'off' })
}

const completions: Readonly<Record<string, AutoFill>> = {
  name: 'name',
  company: 'organization',
  mobile: 'tel',
  phone: 'tel',
  email: 'email',
  address: 'street-address',
  country: 'country-name',
}
