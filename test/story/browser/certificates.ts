// A program's certificate bound to a user on the people page and taken out of force again.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const bindProgram = async (stage: Stage): Promise<void> => {
  const { id, page, house, directory, shot, say } = stage
  await page.goto(`${stage.url}/people`)
  await id('client-certificates').waitFor()
  await page.getByText(/HOLDFAST_TLS_CLIENT_CA/).waitFor()
  if (spawnSync('openssl', ['version']).status !== 0) return
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-subj', '/CN=programs', '-days', '30', '-keyout', 'ca.key', '-out', 'ca.crt')
  openssl('req', '-new', ...ec, '-subj', '/CN=erp', '-keyout', 'erp.key', '-out', 'erp.csr')
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '20', '-out', 'erp.crt']
  openssl('x509', '-req', '-in', 'erp.csr', ...signed)
  Object.assign(house.config, { tlsClientCa: join(directory, 'ca.crt') })
  await page.reload()
  await id('client-certificate-bind').click()
  await id('client-certificate-label').fill(say('ERP 同步', 'ERP sync'))
  await id('client-certificate-user').click()
  await page.locator('.ant-select-item-option').first().click()
  await id('client-certificate-file').setInputFiles(join(directory, 'erp.key'))
  await id('client-certificate-run').click()
  await page.locator('.ant-message-error').first().waitFor()
  assert.equal((await house.identity.certificates.list()).length, 0)
  await id('client-certificate-file').setInputFiles(join(directory, 'erp.crt'))
  await id('client-certificate-run').click()
  await id('client-certificate').first().waitFor()
  await id('client-certificates').scrollIntoViewIfNeeded()
  await shot('certificates')
  await id('client-certificate-revoke').click()
  await page.locator('.ant-modal-confirm .ant-btn-dangerous').click()
  await until(async () => (await id('client-certificate').count()) === 0)
  assert.equal((await house.identity.certificates.list()).length, 0)
}
