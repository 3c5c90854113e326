// The guard rails as they were shipped: their bytes bear a signature that is checked at every start. Keeps access-155.
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Fault } from '#kernel'
import { railKey } from './rail-key.ts'

const folder = new URL('./policy/', import.meta.url)
export const railFiles = ['guard-rails.cedar', 'everyone.cedar', 'service.cedar', 'capture.cedar'] as const

/** The texts that no house can change. Throws guard-rails-changed where they are not what was signed. */
export const railTexts = (): readonly string[] => {
  const texts = railFiles.map((name) => readFileSync(new URL(name, folder), 'utf8'))
  const signature = readFileSync(new URL('guard-rails.sig', folder), 'utf8').trim()
  demandSigned(texts, signature)
  return texts
}

/** What is signed: names and bytes of every file, so that none can be swapped, shortened or left out. */
export const railBytes = (texts: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify(['holdfast/guard-rails/1', railFiles.map((name, i) => [name, texts[i] ?? ''])]))

export const demandSigned = (texts: readonly string[], signature: string): void => {
  const key = createPublicKey({ key: Buffer.from(railKey, 'base64'), format: 'der', type: 'spki' })
  if (!verify(null, railBytes(texts), key, Buffer.from(signature, 'base64'))) throw new Fault('guard-rails-changed')
}
