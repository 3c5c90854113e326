// A thread that presses slabs, one after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { type Known, type Order, pressSlab } from './press.ts'

const key = workerData as Uint8Array
let known: ReadonlySet<string> = new Set()

parentPort?.on('message', (message: Order | Known) => {
  if ('known' in message) {
    known = message.known
    return
  }
  const { number, name, shape, slab } = message
  const pressed = pressSlab({ key, known }, name, shape, slab)
  // A copy of its own can be handed over without another; a view of a shared buffer cannot.
  const compressed = pressed.compressed && new Uint8Array(pressed.compressed)
  parentPort?.postMessage({ number, pressed: { ...pressed, compressed } }, compressed ? [compressed.buffer] : [])
})
