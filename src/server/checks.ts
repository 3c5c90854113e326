// What the review asks of the listener: protocol and certificate, and the headers that protect a browser, seen from outside. Keeps server-16.
import type { Check, CheckResult } from '#kernel'
import { handshake, headersOf, type Place } from './probe.ts'

/** Control NET-01. */
const leastDays = 20
const day = 86_400_000

/** The checks; place: where this installation listens now, or would. */
export const serverChecks = (place: () => Place): readonly Check[] => [
  { control: 'NET-01', version: 1, run: ({ now }) => transport(place(), now) },
  { control: 'NET-03', version: 1, run: () => browser(place()) },
]

const silent: CheckResult = {
  state: 'not-assessed',
  observed: { listening: false },
  population: 0,
  finding: {
    en: 'nothing listens now; run the review while the product is served',
    zh: '当前没有监听服务，请在产品运行时执行检查',
  },
}

const transport = async (place: Place, now: Date): Promise<CheckResult> => {
  const best = await handshake(place)
  if (!best) return silent
  const old = await Promise.all((['TLSv1', 'TLSv1.1'] as const).map((version) => handshake(place, version)))
  const tls12 = await handshake(place, 'TLSv1.2')
  const daysLeft = Math.floor((best.notAfter.getTime() - now.getTime()) / day)
  const weakTls = old.filter((one) => one !== null).length
  const faults = [...(weakTls > 0 ? ['tls-below-1.2'] : []), ...(daysLeft < leastDays ? ['certificate-ends-soon'] : [])]
  const { protocol, cipher, group } = best
  return {
    state: faults.length === 0 ? 'pass' : 'fail',
    observed: {
      protocol,
      cipher,
      group,
      postQuantum: group.includes('MLKEM'),
      tls12: tls12 !== null,
      weakTls,
      daysLeft,
      faults,
    },
    population: 1,
    finding:
      faults.length === 0
        ? {
            en: `the listener speaks ${protocol} with ${group}; its certificate is valid for ${String(daysLeft)} more days`,
            zh: `监听端口使用 ${protocol}，密钥交换为 ${group}，证书剩余有效期 ${String(daysLeft)} 天`,
          }
        : {
            en: `the listener needs attention: ${faults.join(', ')}; the certificate is valid for ${String(daysLeft)} more days`,
            zh: `监听端口需要处理：${faults.join('、')}；证书剩余有效期 ${String(daysLeft)} 天`,
          },
  }
}

// One address of each class of route: a page, an open answer, an answer that is refused, a name that is not there.
const classes = ['/', '/api/health', '/api/me', '/api/nothing-here'] as const

const browser = async (place: Place): Promise<CheckResult> => {
  const missing: string[] = []
  let answered = 0
  for (const path of classes) {
    const answer = await headersOf(place, path)
    if (!answer) continue
    answered++
    const header = (name: string): string => String(answer.headers[name] ?? '')
    const policy = header('content-security-policy')
    const demand = (holds: boolean, name: string): void => {
      if (!holds) missing.push(`${path} ${name}`)
    }
    demand(header('x-content-type-options') === 'nosniff', 'x-content-type-options')
    demand(header('x-frame-options') === 'DENY' && policy.includes("frame-ancestors 'none'"), 'frame denial')
    demand(policy.includes("default-src 'none'") && !/unsafe-(inline|eval)/u.test(policy), 'content-security-policy')
    demand(header('referrer-policy') === 'no-referrer', 'referrer-policy')
  }
  if (answered === 0) return silent
  return {
    state: missing.length === 0 ? 'pass' : 'fail',
    observed: { addresses: answered, missing },
    population: answered,
    finding:
      missing.length === 0
        ? {
            en: `all ${String(answered)} classes of address send the headers that protect a browser`,
            zh: `全部 ${String(answered)} 类地址均返回浏览器防护响应头`,
          }
        : {
            en: `${String(missing.length)} protective headers are missing: ${missing.join('; ')}`,
            zh: `缺少 ${String(missing.length)} 项防护响应头：${missing.join('；')}`,
          },
  }
}
