// holdfast erase: what is linked to a person, erasing it, checking a certificate, the final step after; legal holds.
import { readFile, writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { Fault, isUuid } from '#kernel'
import type { House } from '#server'
import type { Actor } from '#kernel'
import type { Certificate, ErasurePreview, SamePerson } from '#vault'
import type { Arguments } from './arguments.ts'
import { finish } from './erase-finish.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    switch (args.words[0]) {
      case 'verify':
        return verify(args, house, actor)
      case 'list':
        return list(args, house, actor)
      case 'finish':
        return finish(args, house, actor)
      case 'hold':
        return hold(args, house, actor)
      case 'lift':
        return lift(args, house, actor)
      default:
        return erase(args, house, actor)
    }
  })

/** A subject's id, or type and id of one of its records. */
const subjectOf = async (house: House, actor: Actor, words: readonly string[]): Promise<string> => {
  const [first = '', second] = words
  if (second === undefined && isUuid(first)) return first
  const known = house.vault.catalogue.types.some((type) => type.name === first)
  if (!known || !isUuid(second))
    throw new Fault('wrong-use', { what: 'erase takes the id of a subject, or type and id of a record' })
  return house.erasures.subjectOf(actor, first, second)
}

const erase = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const preview = await house.erasures.preview(actor, await subjectOf(house, actor, args.words))
  if (!args.flag('yes')) {
    const rest = await followSame(house, actor, preview)
    const all = {
      ...preview,
      same: [...preview.same, ...rest.same],
      nextSame: null,
      unread: preview.unread + rest.unread,
    }
    return print(args, all, [
      `subject ${preview.subject}${preview.erased === null ? '' : `, erased as number ${String(preview.erased)}`}`,
      ...preview.records.map(({ type, count }) => `  ${type}: ${String(count)}`),
      `  files: ${String(preview.attachments)}, search tokens: ${String(preview.tokens)}, journal images: ${String(preview.images)}`,
      `  data keys: ${String(preview.keys)}, backups since: ${String(preview.backups)}, unread form entries of anybody: ${String(preview.captures)}`,
      ...preview.holds.map((one) => `  legal hold ${one.id}${one.liftedAt === null ? '' : ' (lifted)'}`),
      ...all.same.map(toldSame),
      ...preview.unsearched.map(
        ({ type, fields, subjects }) =>
          `  ${type} ${fields.join(', ')}: no search index, so the records of ${String(subjects)} were opened one by one`,
      ),
      ...(all.unread > 0
        ? [`  ${String(all.unread)} records did not open: nobody knows what number or address is in them`]
        : []),
      'nothing was changed; with --yes --reason TEXT it is erased for good',
      laterCopies,
    ])
  }
  const made = await house.erasures.erase(actor, {
    subject: preview.subject,
    also: chosen(args, preview),
    reason: args.need('reason'),
    code: preview.code,
  })
  const repositories = await house.backups.shred(actor.principal.id)
  const all: readonly Certificate[] = [made, ...made.also]
  const out = args.text('out')
  if (out !== undefined)
    for (const { facts } of all)
      await writeFile(
        facts === made.facts ? out : beside(out, facts.number),
        await house.erasures.certificate(actor, facts.id),
        {
          mode: 0o600,
        },
      )
  const also = made.also.map(({ facts, sha256 }) => ({ ...facts, sha256 }))
  print(args, { ...made.facts, sha256: made.sha256, also, repositories }, [
    ...all.map(
      ({ facts, sha256 }) => `${facts.subject} erased as number ${String(facts.number)}; certificate ${sha256}`,
    ),
    ...repositories.map(({ repository, deleted }) =>
      deleted === null
        ? `  ${repository}: not reached; the next backup to it deletes the old keys`
        : `  ${repository}: ${String(deleted)} old snapshots of the keyring deleted`,
    ),
    laterCopies,
  ])
}

/** All who follow after the first page of the preview, however many. */
const followSame = async (
  house: House,
  actor: Actor,
  { subject, nextSame }: ErasurePreview,
): Promise<{ readonly same: readonly SamePerson[]; readonly unread: number }> => {
  const same: SamePerson[] = []
  let unread = 0
  for (let at = nextSame; at !== null;) {
    const page = await house.erasures.same(actor, subject, at)
    same.push(...page.same)
    unread += page.unread
    at = page.next
  }
  return { same, unread }
}

/** Those linked go along unless --only is given; those of the same number or address where --also names them. */
const chosen = (args: Arguments, { same }: ErasurePreview): readonly string[] => {
  const also = (args.text('also') ?? '').split(',').filter((one) => one !== '')
  if (!also.every(isUuid))
    throw new Fault('wrong-use', { what: 'option --also takes ids of subjects, with commas between' })
  const linked = args.flag('only') ? [] : same.filter(({ why }) => why.includes('link')).map(({ subject }) => subject)
  return [...new Set([...linked, ...also])]
}

const toldSame = ({ subject, why, held, records }: SamePerson): string => {
  const what = records.map(({ type, count }) => `${type} ${String(count)}`).join(', ')
  const how = why.includes('link')
    ? 'linked as the same person; goes along unless --only'
    : `the same ${why.join(' and ')}; goes along with --also ${subject}`
  return `  ${subject} (${what}): ${how}${held ? '; a legal hold stands on it' : ''}`
}

/** The file of another certificate: paper.json → paper-2.json. */
const beside = (path: string, number: number): string => {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name}-${String(number)}${ext}`)
}

const laterCopies =
  'copies of the database files made before open with the root key of now until: holdfast erase finish (once for all erasures, say monthly)'

const verify = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const [, path] = args.words
  if (path === undefined) throw new Fault('wrong-use', { what: 'erase verify takes the file of a certificate' })
  const file = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault('file-unreadable', { what: 'the certificate does not exist or may not be read' }, { cause })
  })
  const verdict = await house.erasures.verify(actor, file)
  if (!verdict.ok) process.exitCode = 1
  print(args, verdict, [
    `signature: holds`,
    `ledger: ${verdict.known ? 'holds this certificate' : 'does NOT hold this certificate'}`,
    `keys of the subject: ${verdict.gone ? 'none left' : 'THERE ARE KEYS'}`,
    `copies of the database files made before: ${verdict.closed ? 'closed, no key left here opens them' : 'not closed yet (holdfast erase finish)'}`,
  ])
}

const list = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const [items, holds] = [await house.erasures.list(actor), await house.erasures.holds(actor)]
  const { closed, erased } = await house.erasures.closing(actor)
  print(args, { items, holds, closed }, [
    ...items.map((one) => `${String(one.number).padStart(5)}  ${one.at}  ${one.subject}  ${one.reason}`),
    ...(erased > closed ? [`closed against older copies of the database files up to number ${String(closed)}`] : []),
    ...holds.map((one) => `hold ${one.id}  ${one.subject}  ${one.liftedAt === null ? 'stands' : 'lifted'}`),
  ])
}

const hold = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const subject = await subjectOf(house, actor, args.words.slice(1))
  const made = await house.erasures.hold(actor, subject, args.need('reason'))
  print(args, made, [`legal hold ${made.id} stands on ${made.subject}`])
}

const lift = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const [, id] = args.words
  if (!isUuid(id)) throw new Fault('wrong-use', { what: 'erase lift takes the id of a legal hold' })
  const made = await house.erasures.lift(actor, id, args.need('reason'))
  print(args, made, [`legal hold ${made.id} is lifted`])
}
