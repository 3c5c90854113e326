// Loads the compiler with a fault in it: the modules of a mutant bear its number in their address and are read with its text in place.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { type Mutant, mutants, sqlMutants } from './mutants.ts'

const root = new URL('../../', import.meta.url).href
const all = [...mutants, ...sqlMutants]

/** What is loaded anew for every mutant: the compiler, and what the check hands to it. */
const renewed =
  /^(src\/access\/[\w-]+|src\/store\/(predicate|expression)|test\/support\/(mutant-check|differential|cedar|edge-cases))\.ts$/

const hooks: Parameters<typeof registerHooks>[0] = {
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const number = /\?mutant=\d+$/.exec(context.parentURL ?? '')?.[0]
    const inside = found.url.startsWith(root) && renewed.test(found.url.slice(root.length))
    return number !== undefined && inside ? { ...found, url: `${found.url}${number}` } : found
  },
  load: (url, context, next) => {
    const loaded = next(url, context)
    const mutant = all[Number(/\?mutant=(\d+)$/.exec(url)?.[1] ?? -1)]
    if (!mutant || url !== `${root}${mutant.file}?mutant=${String(all.indexOf(mutant))}`) return loaded
    return { ...loaded, source: faulty(mutant) }
  },
}

/** The text with the fault; what it replaces stands in the source exactly once. */
const faulty = ({ name, file, from, to }: Mutant): string => {
  const parts = readFileSync(new URL(file, root), 'utf8').split(from)
  assert.equal(parts.length, 2, `${name}: ${file} does not hold once: ${from}`)
  return parts.join(to)
}

/** Fails where a mutant no longer fits the source it is a fault of. */
export const demandFitting = (mutant: Mutant): void => void faulty(mutant)

/** A module with the fault in it and in whatever it loads of the compiler. */
export const withFault = async (mutant: Mutant, module: string): Promise<unknown> => {
  const hooked = registerHooks(hooks)
  try {
    return (await import(`${root}${module}?mutant=${String(all.indexOf(mutant))}`)) as unknown
  } finally {
    hooked.deregister()
  }
}
