// Web forms over HTTPS: the open half, which a visitor's browser talks to without a session or a cookie. Keeps server-50, server-51.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Fault, fromBase64url } from '#kernel'
import { definitionOf, type FormDefinition, readLead, shownForm } from '#crm'
import {
  printVerifyKey,
  sha256,
  type SignatureSuite,
  type SignedManifest,
  type Signer,
  signManifest,
} from '#encryption'
import type { CaptureForm } from '#vault'
import type { House } from './house.ts'
import { type Call, type OpenCall, type OpenRoute, Reply } from './route.ts'
import { answer, integer, oneOf, request, string, text } from './schema.ts'

const dayMs = 86_400_000
const manifestDays = 7
const manifestSuites = ['Ed25519', 'ML-DSA-65', 'SM2'] as const
// Weak against many addresses, which is why each form has a rate of its own and all of them together a number of kept entries.
const perNetwork = { times: 30, windowMs: 600_000 }
const perForm = { times: 600, windowMs: 600_000 }

export const captureScript: string = fileURLToPath(new URL('../../dist/capture/capture.js', import.meta.url))

/** The script that pages embed, with the value of its integrity attribute. */
export const readScript = async (): Promise<{ readonly code: Buffer; readonly integrity: string }> => {
  const code = await readFile(captureScript).catch((cause: unknown) => {
    throw new Fault('runtime-missing', { what: 'capture.js (npm run build)' }, { cause })
  })
  return { code, integrity: `sha256-${Buffer.from(sha256(code)).toString('base64')}` }
}

/** Makes leads of what waits, before the reader sees a list of them. */
export const takeInCaptures = async ({ house, actor }: Pick<Call, 'house' | 'actor'>): Promise<void> => {
  await house.captures.open(actor, readLead)
}

type Place = Pick<OpenCall, 'house' | 'params'>

const formOf = async ({ house, params }: Place): Promise<CaptureForm> => {
  const form = await house.captures.form(params['form'] ?? '')
  if (!form?.active) throw new Fault('not-found', { what: 'form' })
  return form
}

/** Hosts whose pages may embed the form; none where there is no such form. */
const originsOf = async ({ house, params }: Place): Promise<readonly string[]> => {
  const form = await house.captures.form(params['form'] ?? '')
  return form?.active ? definitionOf(form).origins : []
}

/** What a page pins: the key that signs manifests under the profile in force. */
export const pinOf = async (house: House): Promise<string> => printVerifyKey(await house.signers.current('capture'))

/**
 * The key that a page has pinned, by its suite: a page embedded before the profile changed goes on with the key it knows. Without a
 * suite that is Ed25519, which snippets do not name, or else the key in force.
 */
const signerOf = async (house: House, suite: SignatureSuite | undefined): Promise<Signer> => {
  const now = await house.signers.current('capture')
  const made = await house.signers.all('capture')
  const found = made.find((one) => one.suite === (suite ?? 'Ed25519')) ?? (suite === undefined ? now : undefined)
  if (!found) throw new Fault('not-found', { what: 'key' })
  return found
}

const manifestOf = async (house: House, form: CaptureForm, suite?: SignatureSuite): Promise<SignedManifest> => {
  const now = Date.now()
  return signManifest(await signerOf(house, suite), {
    ...(await house.captures.key()),
    form: form.name,
    issuedAt: new Date(now),
    notAfter: new Date(now + manifestDays * dayMs),
    // Only plain values are in it, which canonical JSON checks.
    definition: JSON.parse(JSON.stringify(shownForm(definitionOf(form)))) as CaptureForm['definition'],
  })
}

export const captureRoutes: readonly OpenRoute[] = [
  {
    method: 'GET',
    path: '/capture/:form',
    summary: 'The page of a web form',
    open: 'filled in by visitors; holds no secret, sets no cookie, and what is written is sealed before it leaves the browser',
    query: request({ 'lang?': text(5) }),
    out: 'file',
    handler: async (call) => {
      const form = await formOf(call)
      const wanted = call.query['lang']
      const language = wanted === 'zh' || wanted === 'en' ? wanted : call.language
      const { house } = call
      const key = await pinOf(house)
      const { integrity } = await readScript()
      return Reply.shown({
        type: 'text/html; charset=utf-8',
        policy: formPolicy,
        content: pageOf(definitionOf(form), form.name, house.tenant, key, integrity, language),
      })
    },
  },
  {
    method: 'GET',
    path: '/capture/:form/capture.js',
    summary: 'The script of web forms, whole in one file',
    open: 'the same for everybody; pages that embed it pin its hash',
    cross: originsOf,
    out: 'file',
    handler: async (call) => {
      await formOf(call)
      return Reply.shown({ type: 'text/javascript; charset=utf-8', content: (await readScript()).code })
    },
  },
  {
    method: 'GET',
    path: '/capture/:form/manifest.json',
    summary: 'The signed manifest of a web form: its texts, and the key to seal to',
    open: 'visitors need the public key; the signature is what they believe',
    cross: originsOf,
    query: request({ 'suite?': oneOf(...manifestSuites) }),
    out: answer({ manifest: string, signature: string }),
    handler: async (call) =>
      manifestOf(
        call.house,
        await formOf(call),
        manifestSuites.find((one) => one === call.query['suite']),
      ),
  },
  {
    method: 'OPTIONS',
    path: '/capture/:form',
    summary: 'What a browser asks before it sends from the page of another host',
    open: 'browsers ask it without a session; answers for the origins the form names',
    cross: originsOf,
    out: null,
    handler: () => Promise.resolve(undefined),
  },
  {
    method: 'POST',
    path: '/capture/:form',
    summary: 'Take in what a web form has sealed',
    open: 'sent by visitors; sealed to the tenant, limited in size and number, and answered the same whatever it is',
    cross: originsOf,
    body: request({ epoch: integer, suite: integer, at: text(30), sealed: text(65_536) }),
    out: answer({ received: { type: 'boolean' } }),
    status: 202,
    handler: async (call) => {
      const form = await formOf(call)
      const { identity, captures } = call.house
      await identity.rate(`capture ${form.name}`, call.origin.ip, perNetwork)
      await identity.rate(`capture ${form.name}`, '', perForm)
      const { epoch, suite, at, sealed } = call.body as { epoch: number; suite: number; at: string; sealed: string }
      await captures.keep({ form: form.name, epoch, suite, ...parsed(epoch, suite, at, sealed) })
      return { received: true }
    },
  },
]

const parsed = (epoch: number, suite: number, at: string, sealed: string): { at: Date; sealed: Uint8Array } => {
  const moment = new Date(at)
  if (
    epoch < 1 ||
    epoch > 65_535 ||
    suite < 17 ||
    suite > 21 ||
    Number.isNaN(moment.getTime()) ||
    moment.toISOString() !== at
  )
    throw new Fault('bad-input', { what: 'epoch, suite and moment are those of the manifest' })
  // Before 1970 there is no UUID of version 7, and far beyond is nobody's clock.
  if (moment.getTime() < 0 || moment.getTime() > 2 ** 47)
    throw new Fault('bad-input', { what: 'at is not a time of ours' })
  try {
    return { at: moment, sealed: fromBase64url(sealed) }
  } catch {
    throw new Fault('bad-input', { what: 'sealed is not base64url' })
  }
}

/** Nothing but our own script, and nothing to send to but ourselves. */
const formPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const pageOf = (
  definition: FormDefinition,
  name: string,
  tenant: string,
  key: string,
  integrity: string,
  language: 'zh' | 'en',
): Buffer => {
  const title = escaped(definition.title[language])
  const lang = language === 'zh' ? 'zh-CN' : 'en'
  const other =
    language === 'zh' ? `<a href="?lang=en" lang="en">English</a>` : `<a href="?lang=zh" lang="zh-CN">中文</a>`
  return Buffer.from(`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
</head>
<body>
<main>
<div data-holdfast-form="/capture/${name}" data-holdfast-tenant="${tenant}" data-holdfast-key="${key}" data-holdfast-language="${language}" data-holdfast-page></div>
<noscript>${language === 'zh' ? '请启用 JavaScript：内容须在本页加密后才能发送。' : 'Please enable JavaScript: what you write is encrypted on this page before it is sent.'}</noscript>
<p>${other}</p>
</main>
<script src="/capture/${name}/capture.js" integrity="${integrity}" defer></script>
</body>
</html>
`)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (value: string): string => value.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '')
