// Cells that a spreadsheet would run as a formula, made harmless with a leading apostrophe, and the exact way back. Keeps crm-15.

// Blanks before the sign do not help: some programs trim them first. Full-width forms are folded by some as well.
const risky = /^[\s\u200b-\u200f\u2060\ufeff]*['=+\-@＝＋－＠＇]|^[\t\r\n]/

/** A leading apostrophe before what could be a formula, and before an apostrophe, so that `restore` is its exact inverse. */
export const neutralise = (text: string): string => (risky.test(text) ? `'${text}` : text)

export const restore = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell)
