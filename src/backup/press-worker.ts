// A thread that presses slabs, one after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { type Order, pressSlab, type PressOptions } from './press.ts'

const options = workerData as PressOptions

parentPort?.on('message', ({ number, name, shape, slab }: Order) => {
  const pressed = pressSlab(options, name, shape, slab)
  // A copy of its own can be handed over without another; a view of a shared buffer cannot.
  const compressed = pressed.compressed && new Uint8Array(pressed.compressed)
  parentPort?.postMessage({ number, pressed: { ...pressed, compressed } }, compressed ? [compressed.buffer] : [])
})
