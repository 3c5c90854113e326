// Prints what failed and why, what was skipped and for want of what, and ends with the line "N passed, N failed, N skipped".

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** A node:test reporter. */
export default async function* report(source) {
  let passed = 0
  let failed = 0
  let skipped = 0
  let last = ''
  for await (const event of source) {
    const { type, data } = event
    if (type === 'test:pass' || type === 'test:fail') {
      if (data.details?.type === 'suite') continue
      if (data.file && data.file !== last) {
        last = data.file
        yield `${data.file.replace(`${process.cwd()}/`, '')}\n`
      }
      if (data.skip !== undefined) {
        skipped++
        yield `  - ${data.name} (${typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'skipped'})\n`
      } else if (type === 'test:pass') {
        passed++
        if (data.details?.duration_ms > 5000) yield `  + ${data.name} (${seconds(data.details.duration_ms)})\n`
      } else {
        failed++
        const error = data.details?.error?.cause ?? data.details?.error
        yield `  x ${data.name}\n${String(error?.stack ?? error).replace(/^/gm, '      ')}\n`
      }
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message
    }
  }
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`
}
