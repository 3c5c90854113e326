// Certificates by which programs act as a user: bound and revoked by whoever manages users. Keeps server-1, server-17.
import { Fault } from '#kernel'
import type { ClientCertificatesAnswer } from './contract/client-certificates.ts'
import { type Call, type GuardedRoute } from './route.ts'
import { answer, boolean, id, list, nullable, request, string, text } from './schema.ts'
import { readAuthorities, readClientCertificate } from './client-authority.ts'

const path = '/api/client-certificates'

export const clientCertificateRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Certificates of programs, and whom they act as',
    action: 'user.manage',
    resource: 'System',
    out: answer({
      configured: boolean,
      items: list(
        answer({
          fingerprint: string,
          userId: string,
          label: string,
          notAfter: string,
          createdAt: string,
          seenAt: nullable(string),
        }),
      ),
    }),
    handler: async ({ house, actor }): Promise<ClientCertificatesAnswer> => {
      await house.vault.demand(actor, 'user.manage')
      const items = await house.identity.certificates.list()
      return {
        configured: house.config.tlsClientCa !== undefined,
        items: items.map((item) => ({
          ...item,
          notAfter: item.notAfter.toISOString(),
          createdAt: item.createdAt.toISOString(),
          seenAt: item.seenAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Bind a certificate (PEM, issued by the authority for programs) to a user',
    action: 'user.manage',
    resource: 'System',
    body: request({ userId: id, label: text(100), certificate: text(20_000) }),
    out: answer({ fingerprint: string, notAfter: string }),
    status: 201,
    handler: async (call) => {
      const { house, actor, body } = call
      await house.vault.demand(actor, 'user.manage')
      const { userId, label, certificate } = body as { userId: string; label: string; certificate: string }
      const { tlsClientCa } = house.config
      if (tlsClientCa === undefined)
        throw new Fault('bad-input', { what: 'no authority for programs is configured (HOLDFAST_TLS_CLIENT_CA)' })
      const read = readClientCertificate(certificate, await readAuthorities(tlsClientCa), actor.env.now)
      await house.vault.demandWayIn(actor, userId)
      await house.identity.certificates.bind({ ...read, userId, label }, { actor })
      return { fingerprint: read.fingerprint, notAfter: read.notAfter.toISOString() }
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:fingerprint`,
    summary: 'Take a certificate out of force, for good',
    action: 'user.manage',
    resource: 'System',
    out: null,
    handler: async (call: Call) => {
      await call.house.vault.demand(call.actor, 'user.manage')
      const fingerprint = call.params['fingerprint'] ?? ''
      if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw new Fault('not-found', { what: 'certificate' })
      await call.house.identity.certificates.revoke(fingerprint, { actor: call.actor })
    },
  },
]
