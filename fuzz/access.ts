// Random policies, rows and surroundings: the official engine, the closure and PostgreSQL must name the same decision, reasons and errors.
import { campaign } from '../test/support/differential.ts'
import type { Campaign } from '../src/cli/fuzz.ts'

export const run = async ({ seed, until, report }: Campaign): Promise<Readonly<Record<string, number>>> => {
  let told = Date.now()
  const tally = await campaign(
    seed,
    () => Date.now() >= until.getTime(),
    ({ decisions }) => {
      if (Date.now() - told < 15_000) return
      told = Date.now()
      report(`${String(decisions)} decisions, no difference`)
    },
  )
  const { decisions, allow, errors, policies, valid } = tally
  const share = (part: number, of: number): number => Math.round((100 * part) / of)
  return {
    decisions,
    differences: 0,
    'allow %': share(allow, decisions),
    'with an error %': share(errors, decisions),
    policies,
    'strictly valid %': share(valid, policies),
  }
}
