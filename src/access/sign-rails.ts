// For who releases the product: signs the guard rails. With HOLDFAST_RELEASE_KEY (a PEM file) under that key; without, under a key
// made for this once and forgotten at once, so that every change of a guard rail shows as a change of two more files.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { railBytes, railFiles } from './rails.ts'

const here = (name: string): URL => new URL(name, import.meta.url)

const releaseKey = (): KeyObject => {
  const path = process.env.HOLDFAST_RELEASE_KEY
  return path === undefined ? generateKeyPairSync('ed25519').privateKey : createPrivateKey(readFileSync(path))
}

const key = releaseKey()
const texts = railFiles.map((name) => readFileSync(here(`./policy/${name}`), 'utf8'))
const spki = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64')
writeFileSync(here('./policy/guard-rails.sig'), `${sign(null, railBytes(texts), key).toString('base64')}\n`)
writeFileSync(
  here('./rail-key.ts'),
  `// The public key (Ed25519, SPKI) under which the guard rails are signed; written by sign-rails.ts.\nexport const railKey = '${spki}'\n`,
)
