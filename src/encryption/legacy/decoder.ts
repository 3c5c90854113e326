// Reads columns that an old system sealed with DES, 3DES, AES-ECB or AES-CBC: in a short-lived process of its own, which has the
// old key and nothing else. There is no way to write them. Keeps encryption-40.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Fault, type PlainPhrase } from '#kernel'
import { blockBytes, legacyKey, type LegacySpec } from './spec.ts'

export interface LegacyDecoder {
  /** Places of the sealed columns, in the order of what decode gives. */
  readonly columns: readonly number[]
  /** For each row of the file, the texts of the sealed columns; null where a cell does not decode. Throws decoder-stopped. */
  decode(rows: readonly (readonly string[])[]): Promise<readonly (readonly (string | null)[])[]>
  /** Blocks read so far under the old key. */
  blocks(): number
  /** Ends the process. */
  close(): void
}

/** Collisions of 64-bit blocks become likely from here on (Sweet32, Bhargavan and Leurent 2016; NIST SP 800-67 section 3: 2^20 blocks a key). */
export const sweet32Blocks = 2 ** 20

/** Whether so many blocks under one key of this specification call for a warning. */
export const pastBirthday = (spec: LegacySpec, blocks: number): boolean =>
  spec.columns.some(({ cipher }) => blockBytes(cipher) === 8) && blocks > sweet32Blocks

const answerWithin = 60_000

/** Starts the decoder. Throws bad-input where the key does not fit, decoder-stopped where it does not start. */
export const openLegacyDecoder = async (spec: LegacySpec, key: Uint8Array): Promise<LegacyDecoder> => {
  const fitting = legacyKey(spec, key)
  const child = start()
  const answers = answersOf(child)
  let blocks = 0
  await answers.ask({ spec, key: Buffer.from(fitting).toString('base64') })
  return {
    columns: spec.columns.map(({ index }) => index),
    decode: async (rows) => {
      const answer = (await answers.ask(rows)) as { readonly cells: (string | null)[][]; readonly blocks: number }
      if (answer.cells.length !== rows.length) throw stopped('it answered too few rows')
      blocks += answer.blocks
      return answer.cells
    },
    blocks: () => blocks,
    close: () => void child.kill('SIGKILL'),
  }
}

/** The process: no files but its own three, no sockets, no children, an empty environment, little memory. */
const start = (): ChildProcess => {
  const host = fileURLToPath(new URL('./host.ts', import.meta.url))
  return spawn(process.execPath, [...confined(dirname(host)), host], confinement)
}

/** Arguments that let a script read one folder and do nothing else (the permission model of Node.js). */
export const confined = (folder: string): readonly string[] => [
  '--permission',
  `--allow-fs-read=${folder}/`,
  '--max-old-space-size=128',
  '--no-warnings',
]
export const confinement = { stdio: ['pipe', 'pipe', 'ignore'], env: {}, cwd: '/' } satisfies SpawnOptions

const answersOf = (child: ChildProcess): { ask(value: unknown): Promise<unknown> } => {
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw stopped('it did not start')
  let waiting: { resolve(value: unknown): void; reject(error: Fault): void } | undefined
  const fail = (what: PlainPhrase): void => {
    waiting?.reject(stopped(what))
    waiting = undefined
    ended = true
    child.kill('SIGKILL')
  }
  let ended = false
  createInterface({ input: stdout, crlfDelay: Infinity }).on('line', (line) => {
    const asked = waiting
    waiting = undefined
    asked?.resolve(JSON.parse(line))
  })
  child.on('error', () => fail('it did not start'))
  child.on('exit', () => fail('its process ended'))
  stdin.on('error', () => fail('its process ended'))
  return {
    ask: (value) =>
      new Promise((resolve, reject: (error: Fault) => void) => {
        if (ended) return reject(stopped('its process ended'))
        const timer = setTimeout(() => fail('it took too long'), answerWithin)
        const done = (): void => clearTimeout(timer)
        waiting = {
          resolve: (answer) => {
            done()
            resolve(answer)
          },
          reject: (error) => {
            done()
            reject(error)
          },
        }
        stdin.write(`${JSON.stringify(value)}\n`)
      }),
  }
}

const stopped = (what: PlainPhrase): Fault => new Fault('decoder-stopped', { what })
