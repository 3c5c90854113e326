// For tests: one process that runs one verb after another. Each gets its own folder, input and output; what is loaded and compiled stays.
import { Readable } from 'node:stream'
import { holdfast } from '../../src/cli/verbs.ts'

export interface VerbAsked {
  readonly args: readonly string[]
  readonly cwd: string
  readonly input: string
}

export interface VerbAnswer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Takes what is written meanwhile; call the result to put everything back. */
const capture = (stream: NodeJS.WriteStream, take: (text: string) => void): (() => void) => {
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    take(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') (callback as () => void)()
    return true
  }
  return () => void (stream.write = write)
}

const answer = async ({ args, cwd, input }: VerbAsked): Promise<VerbAnswer> => {
  const [out, err]: [string[], string[]] = [[], []]
  const back = [capture(process.stdout, (text) => out.push(text)), capture(process.stderr, (text) => err.push(text))]
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')
  Object.defineProperty(process, 'stdin', {
    value: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    configurable: true,
  })
  process.chdir(cwd)
  process.exitCode = undefined
  try {
    const code = await holdfast(args)
    return { code, stdout: out.join(''), stderr: err.join('') }
  } finally {
    process.exitCode = undefined
    process.chdir('/')
    if (stdin) Object.defineProperty(process, 'stdin', stdin)
    for (const one of back) one()
  }
}

// One at a time: folder and streams are the process's own.
let queue: Promise<unknown> = Promise.resolve()
process.on('message', (asked: VerbAsked & { readonly id: number }) => {
  queue = queue.then(async () => process.send?.({ id: asked.id, ...(await answer(asked)) }))
})
process.on('disconnect', () => process.exit(0))
