// holdfast keys client-certificate [bind FILE --as EMAIL --note PURPOSE | revoke FINGERPRINT]: certificates by which programs sign in.
import { readFile } from 'node:fs/promises'
import { Fault, verbatim } from '#kernel'
import { type House, readAuthorities, readClientCertificate } from '#server'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, word, what] = args.words
  if (word === undefined) return list(args)
  if (word === 'bind' && what !== undefined) return bind(args, what)
  if (word === 'revoke' && what !== undefined) return revoke(args, what)
  throw new Fault('wrong-use', {
    what: 'keys client-certificate takes: nothing, bind FILE --as EMAIL --note PURPOSE, revoke FINGERPRINT',
  })
}

const list = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ config, identity, staff }) => {
    const items = await Promise.all(
      (await identity.certificates.list()).map(async (one) => ({
        ...one,
        user: (await staff.get(one.userId))?.email ?? one.userId,
      })),
    )
    const day = (at: Date | null): string => at?.toISOString().slice(0, 10) ?? 'never'
    print(args, { configured: config.tlsClientCa !== undefined, items }, [
      ...(config.tlsClientCa === undefined
        ? ['no authority for programs is configured (HOLDFAST_TLS_CLIENT_CA): none is asked for a certificate']
        : []),
      ...items.map(
        (one) =>
          `${one.fingerprint} ${one.label}: acts as ${one.user}, ends ${day(one.notAfter)}, last used ${day(one.seenAt)}`,
      ),
      ...(items.length === 0 ? ['no certificate is bound'] : []),
    ])
  })

const bind = (args: Arguments, file: string): Promise<void> =>
  inHouse(args, async (house) => {
    const { tlsClientCa } = house.config
    if (tlsClientCa === undefined)
      throw new Fault('wrong-use', { what: 'no authority for programs is configured (HOLDFAST_TLS_CLIENT_CA)' })
    const user = await house.staff.findByEmail(args.need('as'))
    if (!user?.active) throw new Fault('not-found', { what: 'user' })
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new Fault('file-unreadable', { what: verbatim(file) }, { cause })
    })
    const read = readClientCertificate(text, await readAuthorities(tlsClientCa), new Date())
    await house.identity.certificates.bind({ ...read, userId: user.id, label: args.need('note') }, byCommand(house))
    print(args, { ok: true, ...read, userId: user.id }, [
      `certificate ${read.fingerprint} acts as ${user.email} until ${read.notAfter.toISOString().slice(0, 10)}`,
    ])
  })

const revoke = (args: Arguments, fingerprint: string): Promise<void> =>
  inHouse(args, async (house) => {
    if (!/^[0-9a-f]{64}$/.test(fingerprint))
      throw new Fault('wrong-use', { what: 'a fingerprint has 64 hexadecimal digits' })
    await house.identity.certificates.revoke(fingerprint, byCommand(house))
    print(args, { ok: true, fingerprint }, [`certificate ${fingerprint} is revoked for good`])
  })

const byCommand = ({ system }: House) => ({
  actor: { ...system, env: { ...system.env, channel: 'cli' as const } },
})
