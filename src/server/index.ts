// The door of server: the composed house, and serving it.
export { openHouse, type OpenOptions } from './app.ts'
export { bringBack } from './bring-back.ts'
export { type Config, readConfig } from './config.ts'
export type { House, NewUser, Settings } from './house.ts'
export { keyOptions } from './keystore.ts'
export { listen } from './listen.ts'
export { handshake, type Negotiated } from './probe.ts'
export { type Running, serve } from './serve.ts'
