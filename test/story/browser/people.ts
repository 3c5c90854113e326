// Customers and a colleague, made behind the pages so that a story begins with something to protect.
import { actorOf, type Colleague, hire } from './colleague.ts'
import type { Stage } from './stage.ts'

export interface Made {
  /** An account with a phone number, shared with the representative. */
  readonly account: string
  readonly representative: Colleague
}

const names = { zh: ['王', '李', '张', '刘', '陈'], en: ['Ng', 'Rao', 'Ito', 'Fox', 'Lee'] } as const

export const customers = async (stage: Stage): Promise<Made> => {
  const { house, language, say } = stage
  const actor = await actorOf(stage)
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
  const representative = await hire(stage, 'sales', 'sam@example.com', say('孙敏', 'Sam'))
  await house.vault.share(actor, 'account', account.id, [representative.id])
  return { account: account.id, representative }
}
