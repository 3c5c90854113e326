// Customers and a colleague, made behind the pages so that a story begins with something to protect.
import assert from 'node:assert/strict'
import { password, type Stage } from './stage.ts'

export interface Made {
  /** An account with a phone number, shared with the representative. */
  readonly account: string
  readonly representative: { readonly id: string; readonly email: string }
}

const names = { zh: ['王', '李', '张', '刘', '陈'], en: ['Ng', 'Rao', 'Ito', 'Fox', 'Lee'] } as const

export const customers = async ({ house, language, say }: Stage): Promise<Made> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const drafts = Array.from({ length: 900 }, (_, i) => ({
    values: {
      name: `${names[language][i % 5] ?? ''}${say('某', ' ')}${say('一二三四五六七八九十'[i % 10] ?? '', `Person ${String(i)}`)}`,
      mobile: `1390000${String(1000 + i)}`,
      email: `p${String(i)}@example.org`,
    },
  }))
  await house.vault.importBatch(actor, 'contact', drafts)
  const account = await house.vault.create(actor, 'account', {
    values: { name: say('海港精密仪器有限公司', 'Harbour Instruments Ltd'), phone: '13812341007' },
  })
  const email = 'sam@example.com'
  const made = await house.invite(actor, { name: say('孙敏', 'Sam'), email, role: 'sales', teamId: null, language })
  await house.identity.setPassword(made.userId, password, { actor })
  await house.vault.share(actor, 'account', account.id, [made.userId])
  return { account: account.id, representative: { id: made.userId, email } }
}
