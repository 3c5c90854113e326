// Web forms for those who make them: forms with what embeds them, and what was set aside. Keeps server-52.
import { Fault, fieldOf, typeOf } from '#kernel'
import { catalogue, checkForm, definitionOf, type FormDefinition, formFields } from '#crm'
import { envelopeSuites } from '#encryption'
import { pinOf, readScript } from './capture.ts'
import type { CaptureFormInfo, CaptureFormsAnswer, CaptureQuarantineAnswer } from './contract.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, both, integer, list, nullable, request, string, text } from './schema.ts'

const texts = request({ zh: text(2000), en: text(2000) })

const formOut = answer({
  name: string,
  active: boolean,
  version: integer,
  updatedAt: string,
  waiting: integer,
  quarantined: integer,
  definition: answer({
    title: both,
    intro: both,
    notice: both,
    submit: both,
    thanks: both,
    fields: list(answer({ name: string, required: boolean })),
    owner: nullable(string),
    source: string,
    origins: list(string),
    leastSeconds: integer,
  }),
})

const infos = async ({ house, actor }: Call): Promise<readonly CaptureFormInfo[]> => {
  const counts = await house.captures.counts(actor)
  return (await house.captures.forms()).map(({ name, active, version, updatedAt, ...form }) => {
    const count = counts.find((one) => one.form === name)
    return {
      name,
      active,
      version,
      updatedAt: updatedAt.toISOString(),
      definition: definitionOf(form),
      waiting: count?.waiting ?? 0,
      quarantined: count?.quarantined ?? 0,
    }
  })
}

export const captureFormRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/capture/forms',
    summary: 'Web forms, what they may ask for, and what a page needs to embed one',
    action: 'capture.manage',
    resource: 'system',
    out: answer({
      forms: list(formOut),
      fields: list(answer({ name: string, label: both, required: boolean })),
      sources: list(answer({ value: string, label: both })),
      tenant: string,
      key: string,
      integrity: string,
      suite: integer,
      suiteName: string,
    }),
    handler: async (call): Promise<CaptureFormsAnswer> => {
      const { house } = call
      const forms = await infos(call)
      const { suite } = await house.captures.key()
      return {
        forms,
        fields: formFields.map(({ name, label, required }) => ({ name, label, required })),
        sources: fieldOf(typeOf(catalogue, 'lead'), 'source')?.options ?? [],
        tenant: house.tenant,
        key: await pinOf(house),
        // Empty where the pages were not built: an interface without pages is still one.
        integrity: await readScript().then(
          ({ integrity }) => integrity,
          () => '',
        ),
        suite,
        suiteName: envelopeSuites.find(({ id }) => id === suite)?.name ?? String(suite),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/capture/forms',
    summary: 'Make or change a web form; version 0 makes a new one',
    action: 'capture.manage',
    resource: 'system',
    body: request({
      name: text(40),
      active: boolean,
      version: integer,
      definition: request({
        title: texts,
        intro: texts,
        notice: texts,
        submit: texts,
        thanks: texts,
        fields: list(request({ name: text(64), required: boolean }), 20),
        owner: nullable(text(36)),
        source: text(64),
        origins: list(text(300), 20),
        leastSeconds: integer,
      }),
    }),
    out: formOut,
    handler: async (call): Promise<CaptureFormInfo> => {
      const { name, active, version, definition } = call.body as {
        name: string
        active: boolean
        version: number
        definition: FormDefinition
      }
      await call.house.vault.demand(call.actor, 'capture.manage')
      checkForm(name, definition)
      const plain = JSON.parse(JSON.stringify(definition)) as Parameters<
        Call['house']['captures']['saveForm']
      >[1]['definition']
      await call.house.captures.saveForm(call.actor, { name, active, version, definition: plain })
      const saved = (await infos(call)).find((form) => form.name === name)
      if (!saved) throw new Fault('not-found', { what: 'form' })
      return saved
    },
  },
  {
    method: 'GET',
    path: '/api/capture/quarantine',
    summary: 'What web forms sent that is no lead, with the reason; nothing of its content',
    action: 'capture.manage',
    resource: 'system',
    out: answer({
      items: list(answer({ id: string, form: string, reason: string, receivedAt: string, bytes: integer })),
    }),
    handler: async ({ house, actor }): Promise<CaptureQuarantineAnswer> => ({
      items: (await house.captures.quarantine(actor)).map(({ receivedAt, ...item }) => ({
        ...item,
        receivedAt: receivedAt.toISOString(),
      })),
    }),
  },
  {
    method: 'POST',
    path: '/api/capture/quarantine/:id/retry',
    summary: 'Try once more to make a lead of it, at the next read',
    action: 'capture.manage',
    resource: 'system',
    out: null,
    handler: (call) => call.house.captures.settle(call.actor, idOf(call, 'id', 'entry'), 'retry'),
  },
  {
    method: 'DELETE',
    path: '/api/capture/quarantine/:id',
    summary: 'Delete what was set aside',
    action: 'capture.manage',
    resource: 'system',
    out: null,
    handler: (call) => call.house.captures.settle(call.actor, idOf(call, 'id', 'entry'), 'delete'),
  },
]
