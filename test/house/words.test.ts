// What faults say, over all sources: no phrase that nothing says, and the few places where words may be of one language.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { faults, phrases, things } from '#kernel'

const root = new URL('../../', import.meta.url).pathname
const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|^src\/web\//.test(file))

const each = (file: string, visit: (node: ts.Node) => void): void => {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const walk = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, walk)
  }
  walk(source)
}

/** Where words of somebody else are handed on as they are: names of files, tables and formats, and what other programs answer. */
const foreign: Readonly<Record<string, string>> = {
  'src/cli/audit.ts': 'a path',
  'src/cli/key/client-certificate.ts': 'a path',
  'src/cli/key/protection.ts': 'a path',
  'src/crm/import/plan.ts': 'a field without a label',
  'src/crm/import/source.ts': 'names of encodings',
  'src/encryption/provider/aliyun.ts': 'the code of a key service',
  'src/encryption/provider/aws.ts': 'the code of a key service',
  'src/encryption/provider/keyfile.ts': 'a path',
  'src/identity/password.ts': 'nothing to add',
  'src/kernel/fault.ts': 'a name that is none of ours',
  'src/kernel/say.ts': 'a size in MiB',
  'src/server/api-keys.ts': 'a name that is none of ours',
  'src/server/post.ts': 'the code of a mail server',
  'src/store/cluster.ts': 'what PostgreSQL says',
  'src/vault/policy-control.ts': 'names that people gave their test cases',
  'src/vault/upload.ts': 'a media type',
}

/** Outside the command line, wrong-use is a mistake of a program or of whoever starts it: nobody reads it on a page. */
const mistakes = [
  'src/access/policyset.ts',
  'src/backup/source.ts',
  'src/backup/verify.ts',
  'src/encryption/cell.ts',
  'src/encryption/envelope.ts',
  'src/encryption/epoch.ts',
  'src/encryption/index-root.ts',
  'src/encryption/profile.ts',
  'src/encryption/provider/file.ts',
  'src/encryption/provider/share.ts',
  'src/encryption/stream.ts',
  'src/server/app.ts',
  'src/store/expression.ts',
  'src/store/predicate.ts',
  'src/store/transaction.ts',
  'src/vault/chunks.ts',
  'src/vault/rewrap-root.ts',
  'src/vault/rotation.ts',
]

test('[house-190] words of one language are handed on in the places named here alone', () => {
  const [verbatim, english]: [Set<string>, Set<string>] = [new Set(), new Set()]
  let made = 0
  for (const file of sources)
    each(file, (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === 'verbatim') verbatim.add(file)
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Fault') return
      made++
      const [code] = node.arguments ?? []
      if (code?.getText() === "'wrong-use'" && !file.startsWith('src/cli/')) english.add(file)
      // A cast would open what the types close.
      const cast = node.arguments?.some((argument) =>
        /\bas (any|never|unknown|PlainPhrase|Phrase)\b/.test(argument.getText()),
      )
      assert.equal(cast, false, `${file}: ${node.getText()}`)
    })
  assert.ok(made > 600, `${String(made)} faults were read`)
  assert.deepEqual([...verbatim].toSorted(), Object.keys(foreign).toSorted())
  assert.deepEqual([...english].toSorted(), mistakes)
})

test('[house-190] every phrase and every thing is said somewhere, and pairs of both languages are pairs', () => {
  const said = new Set<string>()
  const odd: string[] = []
  for (const file of sources) {
    const table = file.startsWith('src/kernel/phrases/') || file === 'src/kernel/things.ts'
    each(file, (node) => {
      if (!table && ts.isStringLiteralLike(node)) said.add(node.text)
      if (!ts.isObjectLiteralExpression(node)) return
      const text = (name: string): string | undefined => {
        const found = node.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name)
        const value = found && ts.isPropertyAssignment(found) ? found.initializer : undefined
        return value && (ts.isStringLiteralLike(value) || ts.isTemplateExpression(value)) ? value.getText() : undefined
      }
      const [zh, en] = [text('zh'), text('en')]
      // Words put together of other pairs are pairs where those are.
      if (zh === undefined || en === undefined || zh === en || /\bzh\b/.test(zh)) return
      if (!/\p{Script=Han}|^.\{(what|field)\}/u.test(zh) || /\p{Script=Han}/u.test(en)) odd.push(`${file}: ${zh} ${en}`)
    })
  }
  assert.deepEqual(odd, [])
  assert.deepEqual(Object.keys(phrases).filter((one) => !said.has(one)), [], 'phrases that nothing says') // prettier-ignore
  assert.deepEqual(Object.keys(things).filter((one) => !said.has(one)), [], 'things that nothing is about') // prettier-ignore
  assert.deepEqual(Object.keys(faults).filter((one) => !said.has(one)), [], 'codes that nothing throws') // prettier-ignore
})
