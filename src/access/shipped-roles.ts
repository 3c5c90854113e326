// What each shipped role may do, before a house changes it. The names on screen stand in the catalogue (user.role). Keeps access-10, access-153.
import type { Grant, Role } from './role.ts'

const everything = ['list', 'history', 'create', 'delete', 'recover', 'assign', 'claim', 'share', 'import']
const grant = (name: string, scope: Grant['scope'], more: Partial<Grant>): Grant => ({
  name,
  types: 'customers',
  scope,
  actions: ['list'],
  view: [],
  unmask: [],
  edit: [],
  ...more,
})
const whole = { view: 'all', unmask: 'all', edit: 'all' } as const
const inside = (name: string, grants: readonly Grant[], system: readonly string[] = []): Role => ({
  name,
  inside: true,
  grants,
  system,
})
const apart = (name: string, grants: readonly Grant[], system: readonly string[]): Role => ({
  name,
  inside: false,
  grants,
  system,
})

/** The public pool: see what is there, and claim it. */
const claimable = grant('pool', 'pool', { actions: ['list', 'claim'], view: ['basic'], unmask: ['basic'] })
/** Records of others shared with them: who it is, and phone and e-mail behind a mask. */
const sharedBehindMask = grant('shared', 'shared', { view: ['basic', 'contact'], unmask: ['basic'] })
const sharedToRead = grant('shared', 'shared', { actions: ['list', 'history'], view: 'all', unmask: 'all' })

export const shippedRoles: readonly Role[] = [
  // Their own records fully. Taking data out in bulk is nobody's by default but the managers'.
  inside('sales', [grant('own', 'own', { actions: everything, ...whole }), claimable, sharedBehindMask]),
  // As representatives, and the records of colleagues in the same team: to read, to mend, to hand on.
  inside('sales-lead', [
    grant('own', 'own', { actions: everything, ...whole }),
    grant('team', 'team', {
      actions: ['list', 'history', 'assign', 'share'],
      view: 'all',
      unmask: ['basic', 'contact', 'notes', 'custom'],
      edit: ['basic', 'notes', 'custom'],
    }),
    grant('pool', 'pool', { actions: ['list', 'claim', 'assign'], view: ['basic'], unmask: ['basic'] }),
    sharedToRead,
  ]),
  // The customers of their team and every team below it, and the pool, which they keep in order and hand out.
  inside('manager', [
    grant('subtree', 'subtree', { actions: [...everything, 'export'], ...whole }),
    grant('pool', 'pool', { actions: [...everything, 'export'], ...whole }),
    sharedToRead,
  ]),
  // The whole house to read and to hand on; to write, what is below them.
  inside('director', [
    grant('all', 'all', { actions: ['list', 'history', 'assign', 'share', 'export'], view: 'all', unmask: 'all' }),
    grant('subtree', 'subtree', { actions: [...everything, 'export'], ...whole }),
  ]),
  // Lists in order everywhere, without money and identity: import, assign, correct.
  inside('operations', [
    grant('all', 'all', {
      actions: ['list', 'history', 'create', 'assign', 'import', 'recover'],
      view: ['basic', 'contact', 'notes', 'custom'],
      unmask: ['basic', 'custom'],
      edit: ['basic', 'contact', 'custom'],
    }),
  ]),
  // Contracts and invoices: money and registration numbers of accounts and deals.
  inside('finance', [
    grant('all', 'all', {
      types: ['account', 'deal'],
      actions: ['list', 'history'],
      view: ['basic', 'contact', 'identity', 'financial', 'custom'],
      unmask: ['basic', 'identity', 'financial', 'custom'],
      edit: ['financial'],
    }),
    grant('people', 'all', { types: ['contact'], view: ['basic', 'contact'], unmask: ['basic'] }),
  ]),
  // Whoever calls: who it is, how to reach them, what was said; their own notes and tasks.
  inside('support', [
    grant('all', 'all', {
      types: ['account', 'contact', 'followup', 'task'],
      view: ['basic', 'contact', 'notes', 'custom'],
      unmask: ['basic', 'contact', 'notes', 'custom'],
    }),
    grant('own', 'own', { types: ['followup', 'task'], actions: everything, ...whole }),
  ]),
  // Leads and the forms they come by; of customers only who they are.
  inside(
    'marketing',
    [
      grant('leads', 'all', {
        types: ['lead'],
        actions: ['list', 'history', 'create', 'import', 'assign'],
        view: ['basic', 'contact', 'notes', 'custom'],
        unmask: ['basic', 'custom'],
        edit: ['basic', 'contact', 'notes', 'custom'],
      }),
      grant('customers', 'all', { types: ['account', 'contact'], view: ['basic'], unmask: ['basic'] }),
    ],
    ['capture.manage'],
  ),
  // From outside the house: what they brought themselves, and what was shared with them.
  apart(
    'partner',
    [
      grant('own', 'own', {
        actions: ['list', 'history', 'create'],
        view: ['basic', 'contact', 'notes'],
        unmask: ['basic', 'contact', 'notes'],
        edit: ['basic', 'contact', 'notes'],
      }),
      grant('shared', 'shared', { view: ['basic'], unmask: ['basic'] }),
    ],
    [],
  ),
  // Looks at everything, at values behind the mask alone, and changes nothing.
  apart(
    'auditor',
    [grant('all', 'all', { actions: ['list', 'history'], view: 'all' })],
    ['review.view', 'policy.view', 'keys.view', 'backup.view', 'erasure.view', 'job.view'],
  ),
  // Answers the persons themselves: finds what is held, gives it out, erases it, or holds it for the law.
  apart(
    'privacy-officer',
    [grant('all', 'all', { actions: ['list', 'history', 'export'], view: 'all', unmask: 'all' })],
    [
      'review.view',
      'policy.view',
      'erasure.view',
      'erasure.run',
      'hold.manage',
      'alarm.view',
      'alarm.manage',
      'export.approve',
    ],
  ),
  // Keeps the machine running: backups, keys, jobs, settings. No customers, no journal, no rights.
  apart(
    'system-administrator',
    [],
    [
      'backup.view',
      'backup.create',
      'backup.verify',
      'keys.view',
      'keys.rotate',
      'job.view',
      'job.manage',
      'settings.edit',
      'policy.view',
    ],
  ),
  // Gives and takes rights: people, teams, roles, policies. No customers, no journal.
  apart(
    'security-administrator',
    [
      grant('staff', 'all', {
        types: ['user', 'team'],
        actions: ['list', 'history', 'create', 'delete', 'recover'],
        ...whole,
      }),
    ],
    [
      'user.manage',
      'session.manage',
      'policy.view',
      'policy.edit',
      'policy.approve',
      'policy.activate',
      'grant.manage',
      'alarm.view',
      'alarm.manage',
    ],
  ),
  // Watches the other two: the journal and the reviews. No customers, changes nothing.
  apart(
    'audit-administrator',
    [],
    ['journal.view', 'journal.verify', 'review.view', 'review.run', 'policy.view', 'keys.view', 'backup.view'],
  ),
]
