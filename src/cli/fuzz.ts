// holdfast fuzz NAME: random input for as long as you like, until something differs.
import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'

/** What a campaign found, in one line; a difference is thrown, with its seed. */
export interface Campaign {
  readonly seed: number
  readonly until: Date
  readonly report: (line: string) => void
}

const folder = fileURLToPath(new URL('../../fuzz/', import.meta.url))

export const run = async (args: Arguments): Promise<void> => {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []))
  const [name] = args.words
  if (name === undefined || !names.includes(name))
    throw new Fault('wrong-use', { what: `fuzz takes one of: ${names.join(', ')}` })
  const fuzz = (await import(pathToFileURL(`${folder}${name}.ts`).href)) as {
    run(campaign: Campaign): Promise<Readonly<Record<string, number | string>>>
  }
  const seed = wholeNumber(args.text('seed'), '--seed') ?? Math.floor(Math.random() * 1e9)
  const minutes = wholeNumber(args.text('minutes'), '--minutes') ?? 1
  const until = new Date(Date.now() + minutes * 60_000)
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  const found = await fuzz.run({ seed, until, report }).catch((error: unknown) => {
    // Random data of its own: here the difference itself may be told.
    report(`seed ${String(seed)}: ${error instanceof Error ? error.message : 'failed'}`)
    throw error
  })
  process.stdout.write(
    args.json
      ? `${JSON.stringify({ fuzz: name, seed, ...found })}\n`
      : `${name}: ${Object.entries(found).map(([what, value]) => `${what} ${String(value)}`).join(', ')}; seed ${String(seed)}\n`, // prettier-ignore
  )
}

const wholeNumber = (text: string | undefined, option: string): number | undefined => {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/u.test(text)) throw new Fault('wrong-use', { what: `${option} takes a whole number` })
  return Number(text)
}
