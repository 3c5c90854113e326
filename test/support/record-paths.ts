// What each row of the route table gives out of records, and by which path of the vault; a row that is not here fails the leak matrix.
// Every path ends in the vault's one query builder or its one way to open a row. Keeps server-140.
import { catalogue } from '#crm'

/** A path of records, or why a row gives none. */
export type RecordPath =
  | { readonly path: Path }
  /** Nothing of a record comes out of it. */
  | { readonly none: string }

export const paths = [
  'list', 'count', 'read', 'create', 'update', 'remove', 'recover', 'assign', 'share', 'claim', 'release', 'unmask', 'history',
  'attachment', 'export', 'import', 'search', 'dashboard', 'report', 'convert', 'journal', 'certificate', 'directory', 'protection', 'provisioning', 'explain', 'bulk', 'print', 'notification', 'browsing',
] as const // prettier-ignore
export type Path = (typeof paths)[number]

const verbs: Readonly<Record<string, Path>> = {
  'GET ': 'list',
  'GET /count': 'count',
  'POST ': 'create',
  'GET /:id': 'read',
  'PATCH /:id': 'update',
  'DELETE /:id': 'remove',
  'POST /:id/recover': 'recover',
  'POST /:id/assign': 'assign',
  'POST /:id/share': 'share',
  'POST /:id/claim': 'claim',
  'POST /:id/release': 'release',
  'POST /:id/unmask': 'unmask',
  'GET /:id/history': 'history',
  'GET /:id/attachments': 'attachment',
  'POST /:id/attachments': 'attachment',
  'GET /:id/attachments/:file/content': 'attachment',
  'DELETE /:id/attachments/:file': 'attachment',
  'POST /export': 'export',
  'POST /print': 'print',
  'POST /bulk/preview': 'bulk',
  'POST /bulk': 'bulk',
  'POST /:id/stage': 'update',
  'POST /:id/convert': 'convert',
  'GET /:id/protection': 'protection',
}

const single: Readonly<Record<string, Path>> = {
  'GET /api/search': 'search',
  'GET /api/home': 'dashboard',
  'GET /api/pipeline': 'report',
  'GET /api/directory': 'directory',
  'GET /api/journal': 'journal',
  'GET /api/notifications': 'notification',
  'GET /api/access/who': 'explain',
  'GET /api/access/why': 'explain',
  'POST /api/imports': 'import',
  'POST /api/imports/:id/run': 'import',
  'GET /api/imports/:id/refused.csv': 'import',
  'GET /api/erasures/preview': 'certificate',
  'GET /api/erasures/same': 'certificate',
  'GET /api/erasures/:id/certificate.json': 'certificate',
  'GET /api/erasures/:id/certificate.pdf': 'certificate',
  'GET /scim/v2/Users': 'provisioning',
  'POST /scim/v2/Users': 'provisioning',
  'GET /scim/v2/Users/:id': 'provisioning',
  'PUT /scim/v2/Users/:id': 'provisioning',
  'PATCH /scim/v2/Users/:id': 'provisioning',
  'DELETE /scim/v2/Users/:id': 'provisioning',
  'GET /scim/v2/Groups': 'provisioning',
  'POST /scim/v2/Groups': 'provisioning',
  'GET /scim/v2/Groups/:id': 'provisioning',
  'PUT /scim/v2/Groups/:id': 'provisioning',
  'PATCH /scim/v2/Groups/:id': 'provisioning',
  'DELETE /scim/v2/Groups/:id': 'provisioning',
}

/** Rows out of which nothing of a record comes, each named by itself: a new one is asked about, wherever it lies. */
const without: Readonly<Record<string, readonly string[]>> = {
  'states only': [
    'GET /api/health',
  ],
  'nobody is there yet': [
    'POST /api/setup',
  ],
  'nobody is there yet; takes a house away or brings one back': [
    'POST /api/restore/look',
    'POST /api/restore',
    'POST /api/restore/state',
  ],
  'a number about the text sent': [
    'POST /api/password-strength',
  ],
  'the sessions of the person who asks': [
    'POST /api/session',
    'DELETE /api/session',
    'GET /api/sessions',
    'DELETE /api/sessions',
    'DELETE /api/sessions/:id',
    'POST /api/passkey/challenge',
    'POST /api/session/passkey',
    'POST /api/sign-out',
  ],
  'names of providers and where to sign in; whoever comes back is the person who asks': [
    'GET /api/sso',
    'POST /api/sso/:id/begin',
    'GET /api/sso/:id/callback',
    'POST /api/sso/:id/logout',
  ],
  'the person who asks': [
    'GET /api/me',
    'POST /api/me/password',
    'POST /api/me/language',
    'POST /api/me/totp',
    'POST /api/me/totp/confirm',
    'DELETE /api/me/totp',
    'GET /api/me/passkeys',
    'POST /api/me/passkeys/begin',
    'POST /api/me/passkeys',
    'PATCH /api/me/passkeys/:id',
    'DELETE /api/me/passkeys/:id',
    'POST /api/me/recovery-codes',
    'POST /api/me/confirm/challenge',
    'POST /api/me/confirm',
    'GET /api/me/devices',
    'POST /api/me/devices',
    'DELETE /api/me/devices/:id',
  ],
  'names and kinds of fields': [
    'GET /api/custom-fields',
    'POST /api/custom-fields',
    'PATCH /api/custom-fields/:id',
  ],
  'accounts, devices and passwords of a colleague, not fields of a record': [
    'POST /api/users/invite',
    'POST /api/users/:id/password',
    'POST /api/users/:id/invitation',
    'DELETE /api/users/:id/totp',
    'GET /api/users/:id/sessions',
    'DELETE /api/users/:id/sessions',
    'DELETE /api/users/:id/sessions/:session',
  ],
  'rules of signing in': [
    'GET /api/sign-in-rules',
    'POST /api/sign-in-rules',
  ],
  'the same for everybody; what an address or a link is worth is not told': [
    'POST /api/reset',
    'POST /api/reset/finish',
  ],
  'the mail server and numbers of letters': [
    'GET /api/mail',
    'POST /api/mail',
    'DELETE /api/mail',
    'POST /api/mail/test',
    'POST /api/mail/resume',
  ],
  'numbers of records of somebody who leaves': [
    'GET /api/users/:id/hand-over',
    'POST /api/users/:id/hand-over',
    'GET /api/hand-overs/:id',
  ],
  'names of people, kinds and ids of records, numbers; no field of a record': [
    'GET /api/alarms',
    'POST /api/alarms/:id/settle',
    'GET /api/canaries',
    'POST /api/canaries',
    'DELETE /api/canaries/:type/:id',
    'GET /api/limits',
    'PUT /api/limits',
    'GET /api/exports/requests',
    'POST /api/exports/requests',
    'POST /api/exports/requests/:id/decide',
    'POST /api/exports/check',
    'GET /api/break-glass',
    'POST /api/break-glass',
    'POST /api/break-glass/:id/end',
    'POST /api/break-glass/:id/review',
    'GET /api/grants',
    'GET /api/grants/record',
    'POST /api/grants/record',
    'POST /api/grants/role',
    'POST /api/grants/:id/end',
    'PUT /api/grants/limits',
    'GET /api/policies/dry-runs',
    'POST /api/policies/dry-runs',
    'POST /api/policies/dry-runs/of',
    'GET /api/policies/dry-runs/:id',
    'POST /api/policies/dry-runs/:id/cancel',
    'GET /api/recertifications',
    'POST /api/recertifications',
    'GET /api/recertifications/:id/lines',
    'POST /api/recertifications/:id/decide',
    'POST /api/recertifications/:id/finish',
    'GET /api/inbox',
    'GET /api/notifications/unread',
    'POST /api/notifications/read',
    'GET /api/deputies',
    'POST /api/deputies',
    'POST /api/deputies/:id/end',
  ],
  'policies as they are written': [
    'GET /api/policies/control',
    'POST /api/policies/check',
    'POST /api/policies/problems',
    'POST /api/policies/changes',
    'POST /api/policies/changes/:id/decision',
    'POST /api/policies/versions/:number/rollback',
    'GET /api/policies/changes/:id',
    'POST /api/policies/changes/:id/activate',
    'POST /api/policies/changes/:id/withdraw',
    'GET /api/policies/draft',
    'PUT /api/policies/draft',
    'DELETE /api/policies/draft',
    'GET /api/policies/words',
    'POST /api/policies/text',
    'POST /api/policies/built',
    'GET /api/policies/matrix',
    'POST /api/policies/matrix',
  ],
  'certificates of programs': [
    'GET /api/client-certificates',
    'POST /api/client-certificates',
    'DELETE /api/client-certificates/:fingerprint',
  ],
  'names, scopes and dates of keys of programs': [
    'GET /api/api-keys',
    'POST /api/api-keys',
    'DELETE /api/api-keys/:id',
  ],
  'subscriptions of colleagues: names, hosts, kinds of records; of deliveries neither record nor group': [
    'GET /api/webhooks',
    'POST /api/webhooks',
    'POST /api/webhooks/resume',
    'PATCH /api/webhooks/:id',
    'DELETE /api/webhooks/:id',
    'POST /api/webhooks/:id/secret',
    'POST /api/webhooks/:id/test',
    'GET /api/webhooks/:id/deliveries',
    'POST /api/webhooks/:id/deliveries/:delivery/resend',
  ],
  'settings of providers of single sign-on': [
    'GET /api/identity-providers',
    'POST /api/identity-providers',
    'POST /api/identity-providers/:id/probe',
    'DELETE /api/identity-providers/:id',
  ],
  'tokens of provisioning: names, scopes, dates': [
    'GET /api/provisioning-tokens',
    'POST /api/provisioning-tokens',
    'DELETE /api/provisioning-tokens/:id',
  ],
  'what the protocol can do': [
    'GET /scim/v2/ServiceProviderConfig',
    'GET /scim/v2/ResourceTypes',
    'GET /scim/v2/ResourceTypes/:id',
    'GET /scim/v2/Schemas',
    'GET /scim/v2/Schemas/:id',
  ],
  'names of files, headings of columns and counts, for who brought them': [
    'GET /api/imports',
    'GET /api/imports/:id',
    'DELETE /api/imports/:id',
  ],
  'takes sealed forms in; nothing comes out': [
    'GET /capture/:form',
    'GET /capture/:form/capture.js',
    'GET /capture/:form/manifest.json',
    'OPTIONS /capture/:form',
    'POST /capture/:form',
  ],
  'forms and envelopes that could not be opened; no field of a record': [
    'GET /api/capture/forms',
    'POST /api/capture/forms',
    'GET /api/capture/quarantine',
    'POST /api/capture/quarantine/:id/retry',
    'DELETE /api/capture/quarantine/:id',
  ],
  'whether the journal is whole': [
    'POST /api/journal/verify',
  ],
  'names, sizes and states of backups; what is in them is sealed': [
    'GET /api/backups',
    'POST /api/backups',
    'GET /api/backups/job',
    'POST /api/backups/verify',
    'GET /api/backups/offsite',
    'POST /api/backups/offsite',
    'GET /api/backups/browsings',
    'POST /api/backups/browsings',
    'DELETE /api/backups/browsings/:browsing',
  ],
  'numbers, dates and subjects': [
    'GET /api/erasures',
    'POST /api/erasures',
    'POST /api/erasures/verify',
  ],
  'subjects and reasons of holds': [
    'POST /api/holds',
    'POST /api/holds/:id/lift',
  ],
  'results of controls, counts only': [
    'POST /api/review',
    'GET /api/review',
    'POST /api/review/attest',
    'GET /api/review/report.pdf',
    'GET /api/review/report.json',
  ],
  'names of types and fields': [
    'GET /api/catalogue',
    'GET /api/catalogue/protection',
  ],
  'states and counts of keys': [
    'GET /api/keys',
    'GET /api/keys/tree',
    'GET /api/keys/epochs/:epoch/needs',
    'POST /api/keys/sheet',
    'GET /api/keys/states',
    'POST /api/keys/rotations',
    'POST /api/keys/epochs/destroy',
    'GET /api/keys/search',
    'PATCH /api/keys/search',
    'GET /api/keys/leakage',
    'POST /api/keys/leakage/measure',
    'GET /api/keys/leakage/last',
    'GET /api/keys/cbom',
  ],
  'the policies themselves': [
    'GET /api/policies',
  ],
  'the description of the interface': [
    'GET /api/openapi.json',
  ],
  'kinds, states and counts of jobs': [
    'GET /api/jobs',
    'GET /api/jobs/:id',
    'POST /api/jobs/:id/cancel',
    'POST /api/jobs/:id/retry',
  ],
  'numbers of subjects under old keys': [
    'GET /api/old-keys',
    'GET /api/old-keys/:fingerprint/subjects',
    'POST /api/old-keys/:fingerprint/destroyed',
  ],
} // prettier-ignore

/** How a row is classified; undefined: nobody has said. */
export const recordPath = (method: string, path: string): RecordPath | undefined => {
  const named = single[`${method} ${path}`]
  if (named) return { path: named }
  for (const type of catalogue.types) {
    const start = `/api/${type.plural}`
    const verb =
      path === start || path.startsWith(`${start}/`) ? verbs[`${method} ${path.slice(start.length)}`] : undefined
    if (verb) return { path: verb }
    const past = `/api/backups/browsings/:browsing/${type.plural}`
    if (method === 'GET' && (path === past || path === `${past}/:id`)) return { path: 'browsing' }
  }
  const found = Object.entries(without).find(([, rows]) => rows.includes(`${method} ${path}`))
  return found && { none: found[0] }
}

/** The same for the verbs of the command line. */
export const verbPaths: Readonly<Record<string, RecordPath>> = {
  import: { path: 'import' },
  export: { path: 'export' },
  search: { path: 'search' },
  erase: { path: 'certificate' },
  digest: { none: 'digests and counts of whole tables, for the operator of the machine' },
  start: { none: 'serves the routes' },
  init: { none: 'makes the first account' },
  backup: { path: 'browsing' },
  restore: { none: 'brings a whole house back; no record is opened' },
  review: { none: 'results of controls' },
  audit: { none: 'whether the journal is whole' },
  keys: { none: 'states of keys' },
  policy: { none: 'policies as they are written, and sums of a dry run with names of people' },
  doctor: { none: 'what the installation stands on' },
  'api-key': { none: 'keys of programs: names, scopes, dates' },
  fields: { none: 'names and kinds of fields' },
  grants: { none: 'who lent which record or role to whom, with the reason they gave; no field of a record' },
  deputies: { none: 'who stands in for whom, with the reason they gave' },
  recertify: { none: 'rights of people, and the decisions on them' },
  emergency: { none: 'who opened which records, with the reason they gave; no field of a record' },
  webhooks: { none: 'subscriptions of colleagues: names, hosts, kinds of records' },
  bench: { none: 'measures on data of its own' },
  fuzz: { none: 'random data of its own' },
}
