// For tests: an installation that is set up already, as a copy of one that this process sets up once for each language.
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { openHouse, readConfig } from '#server'
import { temporaryFolder } from '#testing'

export type Language = 'zh' | 'en'

/** The password of everybody whom a story makes. */
export const password = 'harbour-Kite-9f2c-lantern'

/** What the set-up page is told, and what an installation is made with that nobody walked through it. */
export const firstAnswers = {
  zh: { organisation: '示例公司', name: '林岚', email: 'owner@example.com' },
  en: { organisation: 'Example Company', name: 'Robin Vale', email: 'owner@example.com' },
} as const

const masters = new Map<Language, Promise<string | undefined>>()

/** Fills a folder with `data` and `keys` of an installation of its own: its owner signs in with the password above. */
export const prepareHouse = async (directory: string, language: Language = 'zh'): Promise<void> => {
  const made = masters.get(language) ?? makeMaster(language)
  masters.set(language, made)
  const master = await made
  if (master === undefined) await furnish(directory, language)
  // The database's files may belong to the account that PostgreSQL runs as: cp keeps whose they are, Node's own copy does not.
  else await promisify(execFile)('cp', ['-a', `${master}/.`, directory])
}

/** An installation to copy, gone with this process; none where the database's files had to be put elsewhere. */
const makeMaster = async (language: Language): Promise<string | undefined> => {
  const directory = temporaryFolder()
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  await furnish(directory, language)
  const path = join(directory, 'data', 'database.json')
  const record = JSON.parse(await readFile(path, 'utf8')) as { readonly cluster: string }
  if (isAbsolute(record.cluster)) return undefined
  // Two servers on one socket would be one too many: without a folder's name each copy makes its own.
  await writeFile(path, JSON.stringify({ ...record, sockets: '' }))
  // Nothing here needs to outlive a power failure.
  const quick = ['fsync', 'synchronous_commit', 'full_page_writes'].map((name) => `${name} = off\n`)
  await appendFile(join(directory, 'data', record.cluster, 'postgresql.auto.conf'), quick.join(''))
  return directory
}

const furnish = async (directory: string, language: Language): Promise<void> => {
  const places = { data: join(directory, 'data'), keys: join(directory, 'keys') }
  const house = await openHouse(readConfig(places, {}, directory), { create: true })
  try {
    const person = { ...firstAnswers[language], role: 'administrator', teamId: null, language } as const
    await house.setUp({ ...person, password })
  } finally {
    await house.close()
  }
}
