// holdfast bench NAME: measures one thing side by side with its peer or limit, in one run.
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'

interface Line {
  readonly bench: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly reference: number | string
  readonly ratio: number
}

const folder = fileURLToPath(new URL('../../bench/', import.meta.url))

export const run = async (args: Arguments): Promise<void> => {
  const names = readdirSync(folder).flatMap((file) =>
    file.endsWith('.ts') && file !== 'bench.ts' ? [file.slice(0, -3)] : [],
  )
  const [name] = args.words
  if (name === undefined || !names.includes(name) || !existsSync(`${folder}${name}.ts`)) {
    throw new Fault('wrong-use', { what: `bench takes one of: ${names.join(', ')}` })
  }
  const bench = (await import(pathToFileURL(`${folder}${name}.ts`).href)) as {
    run(options: { readonly rows?: number }): Promise<readonly Line[]>
  }
  const rows = args.text('rows')
  if (rows !== undefined && !/^[1-9]\d{0,8}$/u.test(rows))
    throw new Fault('wrong-use', { what: '--rows takes a number' })
  for (const line of await bench.run(rows === undefined ? {} : { rows: Number(rows) })) {
    process.stdout.write(
      args.json
        ? `${JSON.stringify(line)}\n`
        : `${line.metric.padEnd(44)} ${line.value.toPrecision(4)} ${line.unit}  (reference ${typeof line.reference === 'number' ? line.reference.toPrecision(4) : line.reference}, ratio ${line.ratio.toPrecision(3)})\n`,
    )
  }
}
