// The holdfast command, as a process of its own.
import { holdfast } from './verbs.ts'

process.exit(await holdfast(process.argv.slice(2)))
