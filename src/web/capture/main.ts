// capture.js: finds the places for forms on a page, believes a manifest only under the pinned key, and sends nothing that is not sealed.
// Stands alone on pages of anybody; sets no cookie, stores nothing, loads nothing else.
import { drawForm, dressPage, sayOnly } from './form.ts'
import { base64url } from './bytes.ts'
import { believe, type Distrust, type Manifest, type Pin, suiteOf } from './manifest.ts'
import { canSeal, seal } from './seal.ts'
import { type Language, words } from './words.ts'

const staleAfter = 3_600_000

interface Loaded {
  readonly manifest: Manifest
  /** performance.now() when it came: with issuedAt it tells the time whatever the visitor's clock says. */
  readonly at: number
}

const load = async (address: string, pin: Pin): Promise<Loaded | Distrust | 'away'> => {
  let answer: unknown
  try {
    const suite = suiteOf(pin.key)
    const asked = suite === undefined ? '' : `?suite=${encodeURIComponent(suite)}`
    const response = await fetch(`${address}/manifest.json${asked}`, { credentials: 'omit', cache: 'no-store' })
    if (!response.ok) return 'away'
    answer = await response.json()
  } catch {
    return 'away'
  }
  const manifest = await believe(answer, pin, Date.now())
  if (typeof manifest === 'string') return manifest
  return (await canSeal(manifest.suite)) ? { manifest, at: performance.now() } : 'unsupported'
}

const send = async (
  address: string,
  { manifest, at: since }: Loaded,
  content: unknown,
): Promise<keyof typeof words | 'done'> => {
  const { tenant, form, epoch, suite, publicKey, issuedAt } = manifest
  const at = Math.round(issuedAt + performance.now() - since)
  const sealed = await seal(publicKey, { tenant, form, epoch, suite, at }, content)
  try {
    const response = await fetch(address, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ epoch, suite, at: new Date(at).toISOString(), sealed: base64url(sealed) }),
    })
    if (response.ok) return 'done'
    return response.status === 429
      ? 'often'
      : response.status === 413
        ? 'large'
        : response.status >= 500
          ? 'away'
          : 'refused'
  } catch {
    return 'away'
  }
}

const languageOf = (host: HTMLElement): Language => {
  const wanted = host.dataset['holdfastLanguage'] ?? (document.documentElement.lang || navigator.language)
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

const place = async (host: HTMLElement): Promise<void> => {
  const { holdfastForm = '', holdfastTenant: tenant = '', holdfastKey: key = '' } = host.dataset
  const language = languageOf(host)
  if ('holdfastPage' in host.dataset) dressPage()
  // What is pinned is the form's name in its address as well.
  const address = new URL(holdfastForm, location.href).href.replace(/\/$/, '')
  const pin: Pin = { tenant, key, form: address.split('/').at(-1) ?? '' }
  sayOnly(host, words.loading[language], false)
  const first = await load(address, pin)
  if (typeof first === 'string') return sayOnly(host, words[first][language], true)
  const shown = performance.now()
  let current = first
  const submit = async (): Promise<void> => {
    drawn.busy(true)
    // A page left open over a rotation of keys asks again.
    if (performance.now() - current.at > staleAfter) {
      const again = await load(address, pin)
      if (typeof again === 'string') {
        drawn.busy(false)
        return drawn.say(words[again][language], true)
      }
      current = again
    }
    const seconds = Math.floor((performance.now() - shown) / 1000)
    const how = await send(address, current, { v: 1, language, seconds, ...drawn.values() })
    drawn.busy(false)
    if (how === 'done') drawn.done(current.manifest.definition.thanks[language])
    else drawn.say(words[how][language], true)
  }
  const drawn = drawForm(host, first.manifest.definition, language, () => void submit())
}

for (const host of document.querySelectorAll<HTMLElement>('[data-holdfast-form]')) void place(host)
