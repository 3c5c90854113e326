// A policy document as a folder for git: one .cedar file for each policy, one .json for each role and restriction, and the order in which
// they stand; reading what was written gives the same document. Keeps server-225.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, say } from '#kernel'

/** What a folder holds: a document not yet checked, and the version it was pulled from. */
export interface PolicyFolder {
  readonly document: unknown
  readonly base: number | undefined
}

interface Parts {
  readonly roles: readonly { readonly name: string }[]
  readonly restrictions: readonly { readonly name: string }[]
  readonly policies: readonly { readonly id: string; readonly text: string }[]
  readonly [member: string]: unknown
}

const head = 'holdfast.json'
const places = ['roles', 'restrictions', 'policies'] as const
type Place = (typeof places)[number]
const ending: Readonly<Record<Place, string>> = { roles: '.json', restrictions: '.json', policies: '.cedar' }
/** Names become names of files: nothing that leads out of the folder, and nothing hidden. */
const safe = /^[a-z0-9][a-z0-9.-]{0,79}$/

/** Writes a document; files of an earlier pull that are no longer in it go. Refuses a folder that holds something else. */
export const writePolicies = async (folder: string, document: object, base: number): Promise<readonly string[]> => {
  const { roles, restrictions, policies, cases, ...settings } = document as Parts
  await demandOurs(folder)
  const named: Readonly<Record<Place, readonly (readonly [name: string, text: string])[]>> = {
    roles: roles.map((role) => [role.name, json(role)]),
    restrictions: restrictions.map((one) => [one.name, json(one)]),
    // A file ends with a line end of its own, which is not the policy's: its digest is over its very text.
    policies: policies.map(({ id, text }) => [id, `${text}\n`]),
  }
  const order = Object.fromEntries(places.map((place) => [place, named[place].map(([name]) => name)]))
  const written: string[] = []
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text)
    written.push(name)
  }
  for (const place of places) {
    await mkdir(join(folder, place), { recursive: true })
    const wanted = new Set(named[place].map(([name]) => `${name}${ending[place]}`))
    for (const old of await filesOf(folder, place)) if (!wanted.has(old)) await rm(join(folder, place, old))
    for (const [name, text] of named[place]) {
      if (!safe.test(name))
        throw new Fault('policy-invalid', { what: say('{name}: no name for a file', { name: name.slice(0, 80) }) })
      await put(`${place}/${name}${ending[place]}`, text)
    }
  }
  await put('settings.json', json(settings))
  await put('cases.json', json(cases ?? []))
  // Last: a pull that was broken off is no folder of a version.
  await put(head, json({ base, order }))
  return written
}

/** Reads a folder. Throws policy-invalid naming the file that cannot be read. */
export const readPolicies = async (folder: string): Promise<PolicyFolder> => {
  const { base, order } = (await parsed(folder, head)) as { base?: unknown; order?: Partial<Record<Place, unknown>> }
  const settings = (await parsed(folder, 'settings.json')) as object
  const read = async (place: Place): Promise<unknown[]> => {
    const found = (await filesOf(folder, place)).map((file) => file.slice(0, -ending[place].length))
    const given = order?.[place]
    const known = Array.isArray(given) ? given.filter((name): name is string => typeof name === 'string') : []
    // New files stand behind those that were pulled; one that is gone is gone.
    const names = [...known.filter((name) => found.includes(name)), ...found.filter((name) => !known.includes(name))]
    return Promise.all(
      names.map(async (name) => {
        const file = `${place}/${name}${ending[place]}`
        return place === 'policies'
          ? { id: name, text: (await text(folder, file)).replace(/\n$/u, '') }
          : parsed(folder, file)
      }),
    )
  }
  const [roles, restrictions, policies] = [await read('roles'), await read('restrictions'), await read('policies')]
  const cases = await parsed(folder, 'cases.json')
  return {
    document: { ...settings, roles, restrictions, policies, cases },
    base: typeof base === 'number' && Number.isSafeInteger(base) ? base : undefined,
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const filesOf = async (folder: string, place: Place): Promise<readonly string[]> => {
  const files = await readdir(join(folder, place)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return files.filter((file) => file.endsWith(ending[place]) && !file.startsWith('.')).toSorted()
}

const demandOurs = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const files = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  if (files.length > 0 && !files.includes(head))
    throw new Fault('wrong-use', { what: `${folder} holds other files; policies are pulled into a new folder or one they were pulled into before` }) // prettier-ignore
}

const text = (folder: string, file: string): Promise<string> =>
  readFile(join(folder, file), 'utf8').catch((cause: unknown) => {
    throw new Fault('policy-invalid', { what: say('{file}: it cannot be read', { file }) }, { cause })
  })

const parsed = async (folder: string, file: string): Promise<unknown> => {
  const found = await text(folder, file)
  try {
    const value: unknown = JSON.parse(found)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below, without what stands in the file.
  }
  throw new Fault('policy-invalid', { what: say('{file}: it is not JSON', { file }) })
}
