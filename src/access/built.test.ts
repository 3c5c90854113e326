// The builder's tree and Cedar text, both ways, through the official parser and printer: random trees, shipped policies, the corpus.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { catalogue } from '#crm'
import { isFault } from '#kernel'
import { type Built, calls, type Call, type Comparison, comparisons, type Known, type Operand, type Test } from './built.ts' // prettier-ignore
import { builtToEst, normalEst, testToEst } from './built-est.ts'
import { parseBuilt } from './built-parse.ts'
import { builtFromEst, testFromEst } from './built-read.ts'
import { sentenceOfBuilt } from './built-words.ts'
import { conditionText } from './condition.ts'
import { compilePolicies } from './policyset.ts'
import { accessSchema } from './schema.ts'
import { shippedPolicies, splitPolicies } from './shipped.ts'
import { builtOfText, textOfBuilt } from './translate.ts'
import { vocabularyOf } from './vocabulary.ts'
import { policySetTextToParts, policyToJson } from './wasm.ts'

const estOf = (text: string): unknown => {
  const answer = policyToJson(text)
  assert.ok(answer.type === 'success', text)
  return normalEst({ annotations: {}, ...answer.json })
}

const word = fc.constantFrom('owner', 'team', 'amount', 'region', 'deleted', 'a b', 'custom', 'ip', 'mfaAge', 'hour')
const anyText = fc.string({ unit: fc.constantFrom('a', '"', '\\', '*', '\n', '中', '\u{1F600}', "'", '/', ' ', '\u{0}'), maxLength: 6 }) // prettier-ignore
const attribute = fc.record({
  is: fc.constant('attribute' as const),
  of: fc.constantFrom('principal' as const, 'resource' as const, 'context' as const, 'action' as const),
  // A path of names that are no identifiers cannot be asked for with one `has`.
  path: fc.oneof(
    fc.array(
      word.filter((name) => name !== 'a b'),
      { maxLength: 2 },
    ),
    fc.constant(['a b']),
  ),
})
const ipText = fc.constantFrom('10.0.0.0/8', '192.0.2.1', '2001:db8::/32')
const plain: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 4, arbitrary: attribute },
  fc.record({ is: fc.constant('text' as const), value: anyText }),
  fc.record({ is: fc.constant('number' as const), value: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 600, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER)) }), // prettier-ignore
  fc.record({ is: fc.constant('truth' as const), value: fc.boolean() }),
  fc.record({ is: fc.constant('entity' as const), type: fc.constantFrom('User', 'Role', 'Team'), id: anyText }),
  fc.record({ is: fc.constant('decimal' as const), value: fc.constantFrom('1.5', '-0.0001') }),
  fc.record({ is: fc.constant('datetime' as const), value: fc.constantFrom('2026-01-31', '2026-01-31T08:00:00Z') }),
  fc.record({ is: fc.constant('duration' as const), value: fc.constantFrom('90d', '1h30m') }),
  fc.record({ is: fc.constant('ip' as const), value: ipText }),
)
const { operand } = fc.letrec<{ operand: Operand }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 5, arbitrary: plain },
    fc.record({ is: fc.constant('list' as const), items: fc.array(tie('operand'), { maxLength: 3 }) }),
    fc.record({ is: fc.constant('sum' as const), op: fc.constantFrom('+' as const, '-' as const, '*' as const), left: tie('operand'), right: tie('operand') }), // prettier-ignore
    fc.record({ name: fc.constantFrom(...(Object.keys(calls) as Call[])), of: tie('operand'), more: tie('operand') }).map(({ name, of, more }): Operand => ({ is: 'call', name, of, ...(calls[name] === 2 ? { with: more } : {}) })), // prettier-ignore
  ),
}))
const comparing: fc.Arbitrary<Test> = fc
  .record({
    op: fc.constantFrom(...(Object.keys(comparisons) as Comparison[])),
    left: operand,
    right: operand,
    pattern: fc.string({ unit: fc.constantFrom('a', '*', '\\*', '"', '\\', '中'), maxLength: 5 }),
    type: fc.constantFrom('User', 'Deal'),
    inside: fc.option(operand, { nil: undefined }),
    guard: fc.option(fc.constantFrom('left' as const, 'right' as const, 'both' as const), { nil: undefined }),
  })
  .map(({ op, left, right, pattern, type, inside, guard }): Test => {
    // A backslash before the sign for any characters has no form of its own.
    const value = pattern.replaceAll(/\\(?!\*)/g, '')
    const side: Operand =
      op === 'like' ? { is: 'pattern', value } : op === 'is' ? { is: 'type', type, ...(inside ? { in: inside } : {}) } : right // prettier-ignore
    const first: Operand = op === 'holds' ? { is: 'attribute', of: 'context', path: ['mfa'] } : left
    return { is: 'compare', left: first, op, ...(comparisons[op] === 2 ? { right: side } : {}), ...(guard ? { guard } : {}) } // prettier-ignore
  })
const time = fc.integer({ min: 0, max: 1439 }).map((n) => `${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`) // prettier-ignore
const known: fc.Arbitrary<Known> = fc
  .oneof<fc.Arbitrary<Known>[]>(
    fc.record({ is: fc.constant('amount' as const), most: fc.oneof(fc.constant('limit' as const), fc.integer()) }),
    fc.record({ is: fc.constant('region' as const), in: fc.oneof(fc.constant('own' as const), fc.array(anyText, { maxLength: 3 })) }), // prettier-ignore
    fc.record({ is: fc.constant('hours' as const), from: time, to: time, days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }) }), // prettier-ignore
    fc.record({ is: fc.constant('network' as const), ranges: fc.array(ipText, { minLength: 1, maxLength: 3 }) }),
    fc.oneof(
      fc.constant({ is: 'mfa' as const }),
      fc.record({ is: fc.constant('mfa' as const), minutes: fc.nat(1000) }),
    ),
    fc.constantFrom({ is: 'device' as const }, { is: 'purpose' as const }),
    fc.record({ is: fc.constant('channel' as const), in: fc.array(fc.constantFrom('web', 'api'), { maxLength: 2 }) }),
  )
  .map((one) => ({ ...one }))
const { tree } = fc.letrec<{ tree: Test }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: comparing },
    { weight: 3, arbitrary: known.map((condition): Test => ({ is: 'known', condition })) },
    fc.record({ left: attribute, names: fc.array(word.filter((name) => name !== 'a b'), { minLength: 1, maxLength: 2 }) }).map(({ left, names }): Test => ({ is: 'there', left, names })), // prettier-ignore
    fc.boolean().map((value): Test => ({ is: 'fixed', value })),
    { weight: 3, arbitrary: fc.record({ is: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('tree'), { maxLength: 4 }) }) }, // prettier-ignore
    tie('tree').map((of): Test => ({ is: 'not', of })),
    fc.record({ if: tie('tree'), then: tie('tree'), else: tie('tree') }).filter((one) => [one.if, one.then, one.else].every((part) => testToEst(part) !== undefined)).map((one): Test => ({ is: 'choice', ...one })), // prettier-ignore
  ),
}))
const uid = fc.record({ type: fc.constantFrom('Role', 'Team', 'User'), id: anyText })
const reach = fc.oneof(
  fc.constant({ op: 'all' as const }),
  fc.record({ op: fc.constantFrom('==' as const, 'in' as const), entity: uid }),
  fc.record({ op: fc.constant('is' as const), type: fc.constantFrom('User', 'Deal') }),
  fc.record({ op: fc.constant('is' as const), type: fc.constantFrom('User', 'Deal'), in: uid }),
)
const action = fc.record({ type: fc.constant('Action'), id: fc.constantFrom('list', 'view.basic', 'anyRead') })
const built: fc.Arbitrary<Built> = fc.record({
  notes: fc.array(fc.constantFrom('why it is so', '说明', '"quoted" // twice', ''), { maxLength: 2 }),
  annotations: fc.dictionary(fc.constantFrom('id', 'advice', 'note'), fc.oneof(anyText, fc.constant(null)), { noNullPrototype: true }), // prettier-ignore
  effect: fc.constantFrom('permit' as const, 'forbid' as const),
  principal: reach,
  action: fc.oneof(fc.constant({ op: 'all' as const }), fc.record({ op: fc.constantFrom('==' as const, 'in' as const), entity: action }), fc.record({ op: fc.constant('several' as const), entities: fc.array(action, { maxLength: 3 }) })), // prettier-ignore
  resource: reach,
  clauses: fc.array(fc.record({ kind: fc.constantFrom('when' as const, 'unless' as const), test: tree }), { maxLength: 3 }), // prettier-ignore
})

/** The builder's own form of a tree. */
const tidy = (one: Built): Built => builtFromEst(builtToEst(one), one.notes)
const tooLarge = (error: unknown): boolean =>
  isFault(error, 'policy-invalid') && error.message.includes('nested deeper')

test('[access-190] builder → text → builder is the same tree, and its text means the same as the tree', () => {
  let seen = 0
  const counted: Record<string, number> = {}
  fc.assert(
    fc.property(built, (given) => {
      const one = tidy(given)
      assert.deepEqual(tidy(one), one)
      assert.deepEqual(normalEst(builtToEst(one)), normalEst(builtToEst(given)))
      let text: string
      try {
        text = textOfBuilt(one)
      } catch (error) {
        if (tooLarge(error)) return
        throw error
      }
      const back = builtOfText(text)
      assert.deepEqual(back, { built: one, moved: false }, text)
      assert.deepEqual(parseBuilt(JSON.parse(JSON.stringify(one))), one)
      assert.equal(textOfBuilt(one), text)
      const { zh, en } = sentenceOfBuilt(catalogue, one)
      assert.ok(!/undefined|\[object/.test(zh + en), zh + en)
      for (const { test: body } of one.clauses) counted[body.is] = (counted[body.is] ?? 0) + 1
      seen++
    }),
    { numRuns: 400 * Number(process.env.HOLDFAST_FUZZ ?? '1') },
  )
  assert.ok(seen > 250, `${String(seen)} trees were small enough`)
  for (const is of ['all', 'any', 'not', 'choice', 'fixed', 'there', 'known', 'compare']) assert.ok((counted[is] ?? 0) > 1, `${is}: ${String(counted[is])}`) // prettier-ignore
})

test('[access-190] what a house has words for is known by the Cedar of its restrictions', () => {
  fc.assert(
    fc.property(known, (condition) => {
      const text = `forbid (principal, action, resource) unless { ${conditionText(condition)} };`
      const { built: found } = builtOfText(text)
      const [clause] = found?.clauses ?? []
      // Every time of day on some days and one network are their own longest form; an amount within a list of one is the amount.
      assert.deepEqual(clause?.test, testFromEst(testToEst({ is: 'known', condition })), text)
      assert.deepEqual(clause.test, { is: 'known', condition }, text)
    }),
    { numRuns: 300 },
  )
})

test('[access-191] every shipped policy reads into the builder and comes back meaning the same', () => {
  for (const { id, text } of shippedPolicies()) {
    const read = builtOfText(text)
    assert.ok(read.built, id)
    const again = textOfBuilt(read.built)
    assert.deepEqual(estOf(again), estOf(text), id)
    assert.deepEqual(builtOfText(again), { built: read.built, moved: false })
  }
})

test('[access-191] comments are kept, and said to have moved; what has no place in the builder is named and left as it is', () => {
  const commented =
    '// one\n@id("x.y") permit (principal, action, resource) when { // two\n context.purpose == "// no" };'
  const read = builtOfText(commented)
  assert.deepEqual([read.built?.notes, read.built && read.moved], [['one', 'two'], true])
  for (const [body, form] of [
    ['{a: 1}.a == 1', 'Record'],
    ['(if context.mfa then 1 else 2) == 1', 'if within a value'],
    ['resource.x == 9007199254740993', 'a number beyond ±(2^53 − 1)'],
    ['[resource].contains(if true then resource else principal)', 'if within a value'],
    ['ip(context.purpose).isIpv4()', 'ip'],
    ['resource.x like "a\\\\*"', 'a backslash before a star'],
  ] as const) {
    const found = builtOfText(`permit (principal, action, resource) when { ${body} };`)
    assert.ok(found.built === null, body)
    assert.ok(found.form.includes(form), `${body}: ${found.form}`)
  }
  for (const bad of ['', 'permit (principal, action, resource)', 'permit(principal == ?principal, action, resource);'])
    assert.throws(() => builtOfText(bad), (error) => isFault(error, 'policy-invalid'), bad) // prettier-ignore
})

const shared = fileURLToPath(new URL('../../../shared/data/cedar/', import.meta.url))

/** Reads each policy into the builder where it fits, and compares what comes back. */
const readAll = (texts: readonly string[]): { fit: number; left: Record<string, number> } => {
  const left: Record<string, number> = {}
  let fit = 0
  for (const text of texts) {
    const read = builtOfText(text)
    if (read.built === null) left[read.form] = (left[read.form] ?? 0) + 1
    else {
      fit++
      assert.deepEqual(estOf(textOfBuilt(read.built)), estOf(text), text)
      assert.deepEqual(tidy(read.built), read.built)
    }
  }
  return { fit, left }
}

test('[access-191] the policies of the corpus fit and keep their meaning, or are left as text', (t) => {
  const archive = join(shared, 'corpus-a.tar.gz')
  if (!existsSync(archive)) {
    t.skip('skipped: no shared data')
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-corpus-'))
  try {
    execFileSync('tar', ['xzf', archive, '-C', directory])
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.cedar'),
    )
    assert.ok(files.length > 3000)
    const texts = files.flatMap((file) => {
      const parts = policySetTextToParts(readFileSync(join(directory, file), 'utf8'))
      return parts.type === 'success' ? parts.policies : []
    })
    const { fit, left } = readAll(texts)
    console.log(
      `    ${String(texts.length)} policies, ${String(fit)} in the builder, text only: ${JSON.stringify(left)}`,
    )
    assert.ok(fit > 500)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('[access-191] the thirty drafted policies fit', (t) => {
  const file = join(shared, 'draft-policies', 'crm.cedar')
  if (!existsSync(file)) {
    t.skip('skipped: no shared data')
    return
  }
  const texts = splitPolicies(readFileSync(file, 'utf8')).map(({ text }) => text)
  assert.deepEqual(readAll(texts), { fit: texts.length, left: {} })
})

test('[access-190] a tree from outside is read strictly', () => {
  const good = {
    notes: [],
    annotations: { id: 'x.y' },
    effect: 'permit',
    principal: { op: 'all' },
    action: { op: 'all' },
    resource: { op: 'all' },
    clauses: [],
  }
  assert.deepEqual(parseBuilt(good), good)
  const when = (body: unknown): unknown => ({ ...good, clauses: [{ kind: 'when', test: body }] })
  const deep = (levels: number): unknown => (levels === 0 ? { is: 'fixed', value: true } : { is: 'not', of: deep(levels - 1) }) // prettier-ignore
  for (const bad of [
    null,
    [],
    { ...good, effect: 'allow' },
    { ...good, annotations: { 'x y': 'a' } },
    { ...good, resource: { op: 'is', type: 'Deal) when { true' } },
    when({ is: 'raw', text: 'true' }),
    when({ is: 'any', of: [] }),
    when({ is: 'all', of: [{ is: 'any', of: [] }] }),
    when({ is: 'compare', left: { is: 'number', value: 1.5 }, op: '==', right: { is: 'number', value: 1 } }),
    when({ is: 'compare', left: { is: 'text', value: 'a' }, op: 'like', right: { is: 'text', value: 'a' } }),
    when({ is: 'compare', left: { is: 'text', value: 'a' }, op: '==', right: { is: 'pattern', value: 'a' } }),
    when({ is: 'known', condition: { is: 'hours', from: '25:00', to: '08:00', days: [1] } }),
    when({ is: 'known', condition: { is: 'network', ranges: [] } }),
    when(deep(40)),
    when({ is: 'all', of: Array.from({ length: 200 }, () => ({ is: 'all', of: [{ is: 'fixed', value: true }, { is: 'fixed', value: true }] })) }), // prettier-ignore
  ])
    assert.throws(() => parseBuilt(bad), (error) => isFault(error, 'policy-invalid'), JSON.stringify(bad).slice(0, 100)) // prettier-ignore
})

test('[access-192] every word of the builder is an attribute that the strict validator accepts, and no sealed field is among them', () => {
  const { words, actions } = vocabularyOf(catalogue)
  const sealed = new Set(catalogue.types.flatMap(({ name, fields }) => fields.filter(({ storage }) => storage === 'sealed').map((field) => `${name}.${field.name}`))) // prettier-ignore
  const texts = words.flatMap((word, i) => {
    assert.ok(word.label.zh !== '' && word.label.en !== '')
    for (const type of word.types)
      assert.ok(!sealed.has(`${type}.${word.path.join('.')}`), `${type}.${word.path.join('.')}`)
    const path = [word.of, ...word.path].join('.')
    const has = `${word.of} has ${word.path.join('.')}`
    const asked = word.optional ? `${has} && ${path} == ${path}` : `${path} == ${path}`
    const types = word.types.length === 0 ? ['account'] : word.types
    return types.map((type, n) => ({
      id: `w.${String(i)}-${String(n)}`,
      text: `@id("w.${String(i)}-${String(n)}") permit (principal, action == Action::"${path === 'context.rows' ? 'export' : 'list'}", resource is ${catalogue.types.find(({ name }) => name === type)?.entity ?? ''}) when { ${asked} };`,
    }))
  })
  assert.ok(texts.length > 60)
  const set = compilePolicies(accessSchema(catalogue), texts)
  const groups = new Set(['anyRead', 'anyView', 'anyUnmask', 'anyWrite', 'anyEdit', 'anySystem'])
  for (const { name } of actions) assert.ok(groups.has(name) || set.actions.includes(name), name)
  for (const name of set.actions.filter((one) => !groups.has(one))) assert.ok(actions.some((one) => one.name === name), name) // prettier-ignore
})

test('[access-193] a policy is one sentence in both languages', () => {
  const text =
    '@id("x.y") permit (principal in Role::"sales", action in [Action::"list", Action::"view.contact"], resource is Deal) when { (resource has owner && resource.owner == principal || resource.sharedWith.contains(principal)) && !(resource has amount) || resource has amount && resource.amount <= 500000 } unless { !(context has ip && context.ip.isInRange(ip("10.0.0.0/8"))) };'
  const { built: found } = builtOfText(text)
  assert.ok(found)
  assert.deepEqual(sentenceOfBuilt(catalogue, found), {
    zh: '允许角色“销售代表”对“商机”执行以下操作：查看记录、查看联系方式，条件是（（记录的负责人（须有值）是本人，或记录已共享给本人），且记录没有“金额”），或记录的金额（须有值）不超过5000.00；并非（来源 IP 位于 10.0.0.0/8）的除外。',
    en: "Allows the role sales representative to find records, see contact details on any deal, when ((the record's owner (which must be given) is the person or the record is shared with the person) and the record has no amount) or the record's amount (which must be given) is at most 5000.00, unless not (the IP address lies in 10.0.0.0/8).",
  })
})
