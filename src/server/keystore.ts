// The keystore at start: opened where it is, made where everything is new, refused where data exists without its keys.
import { access } from 'node:fs/promises'
import { createKeys, type Keys, openKeys } from '#encryption'
import { isFault } from '#kernel'
import type { Config } from './config.ts'

/** Opens the keys. Throws keystore-missing where data lies there already: new keys would open none of it. */
export const openOrCreateKeys = async (config: Config, create: boolean): Promise<Keys> => {
  const options = config.passphrase === undefined ? {} : { passphrase: config.passphrase }
  try {
    return await openKeys(config.keys, options)
  } catch (error) {
    if (!create || !isFault(error, 'keystore-missing') || (await exists(`${config.data}/database.json`))) throw error
    return (await createKeys(config.keys, options)).keys
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
