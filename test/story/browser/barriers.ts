// What keeps people out: serious findings of axe on the main pages.
import { readFile } from 'node:fs/promises'
import type { Stage } from './stage.ts'

const rules = new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url)
const pages = [
  '/',
  '/accounts',
  '/pipeline',
  '/import',
  '/journal',
  '/backup',
  '/review',
  '/people',
  '/keys',
  '/settings',
]

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** Findings, serious or worse. In a context of its own: the product's content policy lets no tester in. */
export const barriers = async (stage: Stage, paths: readonly string[] = pages): Promise<readonly string[]> => {
  const context = await stage.browser.newContext({
    ignoreHTTPSErrors: true,
    bypassCSP: true,
    storageState: await stage.context.storageState(),
    viewport: { width: 1280, height: 800 },
  })
  const source = await readFile(rules, 'utf8')
  const found: string[] = []
  try {
    const page = await context.newPage()
    for (const path of paths) {
      await page.goto(`${stage.url}${path}`)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      await page.evaluate(source)
      const result: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
      const { violations } = result as { readonly violations: readonly Violation[] }
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          found.push(
            `${path} ${id} ${String(nodes.length)} ${nodes.map((node) => node.html.slice(0, 110)).join(' | ')}`,
          )
    }
  } finally {
    await context.close()
  }
  return found
}
