// Name and version of the product, read from its package.
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

export const product: { readonly name: string; readonly version: string } = {
  name: 'Holdfast 守客',
  version: manifest.version,
}
