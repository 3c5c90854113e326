// Bytes of files that went through: their buffers are given back early. Each piece of a file comes as memory outside of the heap, which the
// runtime looks after only when 64 MiB of it are waiting; a look at the youngest objects, which are nearly all of them, takes a
// millisecond. Keeps vault-18.

/** After so many bytes of files the runtime is asked to look: 8 MiB. */
const every = 8 * 2 ** 20

let passed = 0

/** Tells that so many bytes of a file went through this process. Without --expose-gc (bin/holdfast.js gives it) it does nothing. */
export const letPass = (bytes: number): void => {
  passed += bytes
  if (passed < every) return
  passed = 0
  globalThis.gc?.({ type: 'minor' })
}
