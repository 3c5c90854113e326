// A real Chromium from npm, unpacked once into a directory of its own, with only the switches that a closed machine needs.
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

let shared: Promise<Browser | string> | undefined

/** The one browser of this process, launched with its first use, and anew where it died; or the reason why there is none. */
export const theBrowser = async (): Promise<Browser | string> => {
  const known = await shared
  if (known === undefined || (typeof known !== 'string' && !known.isConnected())) shared = launchBrowser()
  return shared ?? 'skipped: no browser'
}

/** Ends the browser, where one was launched. */
export const closeBrowser = async (): Promise<void> => {
  const known = await shared
  shared = undefined
  if (known !== undefined && typeof known !== 'string') await known.close()
}

/** Launches the browser, or gives the reason why it cannot. HOLDFAST_CHROMIUM names another one. */
const launchBrowser = async (): Promise<Browser | string> => {
  const own = process.env['HOLDFAST_CHROMIUM']
  const home = join(tmpdir(), `holdfast-chromium-${String(process.getuid?.() ?? 0)}`)
  const path = own ?? (process.platform === 'linux' && process.arch === 'x64' ? await unpack(home) : undefined)
  if (path === undefined || !existsSync(path)) return 'skipped: needs chromium (set HOLDFAST_CHROMIUM)'
  const fonts = own === undefined ? await fontconfig(home) : {}
  return chromium.launch({
    executablePath: path,
    env: { ...environment(), ...fonts },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  })
}

/** The package unpacks into the temporary directory it sees when it is imported, and brings its libraries only for this platform name. */
const unpack = async (home: string): Promise<string> => {
  await mkdir(home, { recursive: true })
  const before = { TMPDIR: process.env['TMPDIR'], AWS_EXECUTION_ENV: process.env['AWS_EXECUTION_ENV'] }
  process.env['TMPDIR'] = home
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs24.x'
  try {
    const { default: packaged } = await import('@sparticuz/chromium')
    return await packaged.executablePath()
  } finally {
    if (before.TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before.TMPDIR
    if (before.AWS_EXECUTION_ENV === undefined) delete process.env['AWS_EXECUTION_ENV']
    else process.env['AWS_EXECUTION_ENV'] = before.AWS_EXECUTION_ENV
  }
}

/** The package's font settings name a fixed directory; without a font for the browser's own texts it dies on the first Chinese title. */
const fontconfig = async (home: string): Promise<Record<string, string>> => {
  const directory = join(home, 'fontconfig')
  await mkdir(join(directory, 'cache'), { recursive: true })
  await writeFile(
    join(directory, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${home}/fonts/fonts</dir><cachedir>${directory}/cache</cachedir></fontconfig>
`,
  )
  return { FONTCONFIG_PATH: directory }
}

const environment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
