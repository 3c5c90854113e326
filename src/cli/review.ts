// holdfast review run: runs the automatic controls and prints the report.
import { writeFile } from 'node:fs/promises'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  if (args.words[0] !== 'run') throw new Fault('wrong-use', { what: 'review takes: run' })
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
