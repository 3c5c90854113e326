// Checks of the guarded path itself: sealed values open and are bound to their place. Keeps vault-12.
import { type Check, type CheckResult } from '#kernel'

/** What the check needs of an open vault: how many records of a sample open, and whether a moved cell is refused. */
export type SampleOpens = () => Promise<{
  readonly looked: number
  readonly failed: number
  readonly movedOpened: number
}>

/** CRY-06: every sampled cell opens, and none opens in another record's place. */
export const vaultChecks = (sample: SampleOpens): readonly Check[] => [
  {
    control: 'CRY-06',
    version: 1,
    run: async (): Promise<CheckResult> => {
      const { looked, failed, movedOpened } = await sample()
      if (looked === 0) {
        return {
          state: 'not-assessed',
          observed: { looked },
          population: 0,
          finding: { zh: '尚无密文记录可供检查', en: 'there are no sealed records to look at yet' },
        }
      }
      const bad = failed + movedOpened
      return {
        state: bad === 0 ? 'pass' : 'fail',
        observed: { looked, failed, movedOpened },
        population: looked,
        finding:
          bad === 0
            ? {
                zh: `抽查 ${String(looked)} 个密文单元，全部可解封，移位后均被拒绝`,
                en: `all ${String(looked)} sampled cells open, and none opens in another place`,
              }
            : { zh: `${String(bad)} 个密文单元不符合要求`, en: `${String(bad)} sampled cells do not hold` },
      }
    },
  },
]
