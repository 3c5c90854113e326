// A server whose sources were compiled in this very process, as at the first start after an install or an update, holds the compiler of
// Node.js as long as it runs: some 30 MiB. Begun anew it reads what was kept. Keeps server-302.
import * as module from 'node:module'

/** Call it when everything is loaded and nothing is open yet: the process may begin anew here, once, under its own id. */
export const beginAnew = (): void => {
  const begun = process.env['HOLDFAST_BEGUN_ANEW'] !== undefined
  delete process.env['HOLDFAST_BEGUN_ANEW']
  // Where nothing can be kept it would compile again; Windows cannot begin a process anew.
  if (begun || !compiled() || module.getCompileCacheDir() === undefined) return
  if (process.execve === undefined || process.platform === 'win32') return
  module.flushCompileCache()
  const args = [...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.execPath, ...args], { ...process.env, HOLDFAST_BEGUN_ANEW: '1' })
}

// Node.js loads its compiler of TypeScript with the first source that is not kept.
const compiled = (): boolean => {
  const { moduleLoadList = [] } = process as { readonly moduleLoadList?: readonly string[] }
  return moduleLoadList.some((name) => name.includes('deps/amaro'))
}
