// A real Chromium from npm, unpacked once into a directory of its own, with only the switches that a closed machine needs.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** Launches the browser, or gives the reason why it cannot. HOLDFAST_CHROMIUM names another one. */
export const launchBrowser = async (): Promise<Browser | string> => {
  const own = process.env['HOLDFAST_CHROMIUM']
  const path = own ?? (process.platform === 'linux' && process.arch === 'x64' ? await unpack() : undefined)
  if (path === undefined || !existsSync(path)) return 'skipped: needs chromium (set HOLDFAST_CHROMIUM)'
  return chromium.launch({
    executablePath: path,
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
const unpack = async (): Promise<string> => {
  const home = join(tmpdir(), `holdfast-chromium-${String(process.getuid?.() ?? 0)}`)
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
