// The pages: files built into dist/web, and index.html for every path the pages know themselves, with a fresh nonce in it each time. Keeps server-3.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { base64url, Fault } from '#kernel'
import { random } from '#encryption'

export const pagesDirectory: string = fileURLToPath(new URL('../../dist/web', import.meta.url))

export interface Page {
  readonly html: string
  readonly nonce: string
}

/** The page with its nonce. It stands in a meta element, where the pages read it for the styles they make. */
export const openPage = async (directory: string): Promise<Page> => {
  const nonce = base64url(random(18))
  const html = await readFile(join(directory, 'index.html'), 'utf8').catch((cause: unknown) => {
    throw new Fault('runtime-missing', { what: 'web pages (npm run build)' }, { cause })
  })
  return { html: html.replace('<head>', `<head>\n    <meta name="csp-nonce" content="${nonce}" />`), nonce }
}

/** Whether a path may be a page: no interface, no file. */
export const isPagePath = (path: string): boolean =>
  !/^\/(?:api|scim)(?:\/|$)/.test(path) && !/\.[a-z0-9]{2,6}$/i.test(path)
