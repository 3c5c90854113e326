// holdfast start: serves the product until it is told to stop.
import { loadServer, openHouse, serve, withShares } from '#server'
import type { Arguments } from './arguments.ts'
import { configOf, profileIn } from './house.ts'
import { prepareAnswers, preparePages } from './pages.ts'
import { print } from './output.ts'

/** Loads all that run needs. */
export const load = loadServer

export const run = async (args: Arguments): Promise<void> => {
  const say = (text: string): void => {
    if (!args.json) process.stdout.write(`${text}\n`)
  }
  const profile = profileIn(args)
  const config = await withShares(configOf(args), ({ needed, good }) => {
    print(args, { event: 'locked', needed, good }, [
      `The root key lies in custody shares: ${String(good)} of ${String(needed)} given; each holder runs: holdfast keys unlock`,
      `根密钥由分片保管：已提供 ${String(good)} 份，共需 ${String(needed)} 份；请各保管人运行：holdfast keys unlock`,
    ])
  })
  await prepareAnswers()
  // Before the pages: whoever gave a wrong passphrase is told so at once, not after pages were built.
  const house = await openHouse(config, { create: true, log: say, ...profile })
  try {
    await preparePages(say)
  } catch (error) {
    await house.close()
    throw error
  }
  const running = await serve(house, { say })
  const { url, setupUrl, demoUsers } = running
  print(
    args,
    {
      event: 'ready',
      url,
      pid: process.pid,
      ...(setupUrl === undefined ? {} : { setupUrl }),
      ...(demoUsers === undefined ? {} : { demoUsers }),
    },
    [
      '',
      `Holdfast 守客 is ready: ${url}`,
      ...(setupUrl === undefined ? [] : [`Set it up once, within 24 hours (在 24 小时内完成初始化): ${setupUrl}`]),
      ...(demoUsers === undefined
        ? []
        : [
            'Demo users (演示账号):',
            ...demoUsers.map((user) => `  ${user.role.padEnd(14)} ${user.email.padEnd(34)} ${user.password}`),
          ]),
      'Stop with Ctrl-C.',
    ],
  )
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  say('stopping …')
  await running.close()
  await running.house().close()
}
