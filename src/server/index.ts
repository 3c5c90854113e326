// The door of server: the composed house, and serving it.
export { openHouse, type OpenOptions, restoreHouse } from './app.ts'
export { type Config, readConfig } from './config.ts'
export type { House, NewUser, Settings } from './house.ts'
export { listen } from './listen.ts'
export { serve } from './serve.ts'
