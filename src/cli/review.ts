// holdfast review: runs the automatic controls and prints the report; takes a person's word on a control no machine can decide.
import { writeFile } from 'node:fs/promises'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  if (args.words[0] === 'attest') return attest(args)
  if (args.words[0] !== 'run') throw new Fault('wrong-use', { what: 'review takes: run or attest' })
  const language = args.text('lang') === 'en' ? 'en' : 'zh'
  await inHouse(args, async (house) => {
    const report = await house.review.run(house.system.principal.id, { channel: 'cli' })
    const pdf = args.text('pdf')
    if (pdf !== undefined)
      await writeFile(pdf, await house.review.pdf(report, language, (await house.settings()).organisation))
    const controls = report.controls.map((control) => ({
      ...control,
      title: control.title[language],
      remedy: control.remedy[language],
      finding: control.finding[language],
      titles: control.title,
      remedies: control.remedy,
    }))
    print(args, { ...report, controls }, [
      ...controls
        .filter((c) => c.state !== 'not-assessed')
        .map(
          (c) =>
            `${c.state.padEnd(14)} ${c.id}  ${c.title}${c.state === 'fail' ? `\n${' '.repeat(15)}${c.finding}\n${' '.repeat(15)}→ ${c.remedy}` : ''}`,
        ),
      `${String(report.summary.pass)} pass, ${String(report.summary.fail)} fail, ${String(report.summary.error)} error, ${String(report.summary.notAssessed)} not assessed`,
    ])
  })
}

/** A person says that a control was looked at, and what was found; the journal keeps it. */
const attest = async (args: Arguments): Promise<void> => {
  const [, control] = args.words
  if (control === undefined) throw new Fault('wrong-use', { what: 'review attest takes a control, such as PRI-11' })
  const note = args.need('note')
  await inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    await house.vault.demand(actor, 'review.run')
    await house.review.attest({ control, actor: actor.principal.id, note, channel: 'cli' })
    print(args, { ok: true, control }, [`${control}: your word is in the journal`])
  })
}
