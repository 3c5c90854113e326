// holdfast keys rotate root: a new root key in the keystore, everything wrapped by it, the old one dropped; run again, it goes on.
import type { Arguments } from '../arguments.ts'
import { exchange } from './exchange.ts'
import { protectionOf } from './protection.ts'

export const run = (args: Arguments): Promise<void> =>
  exchange(args, (keys) => {
    const [home] = keys.roots()
    // A root key elsewhere is rotated where it lives; here it would move into a file without anyone having asked for that.
    return keys.addRoot(home?.protection === 'shares' ? protectionOf(args) : 'as-before')
  })
