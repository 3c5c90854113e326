// The holdfast command, as a process of its own.
import { beginAnew } from './anew.ts'
import { holdfast } from './verbs.ts'

const args = process.argv.slice(2)
// A server lives long; no other verb is worth a second beginning.
if (args[0] === 'start') {
  const { load } = await import('./start.ts')
  await load()
  beginAnew()
}
process.exit(await holdfast(args))
