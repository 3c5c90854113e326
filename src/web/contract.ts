// The one door to the server: its types, and nothing else of the house.
export type * from '../server/contract.ts'
