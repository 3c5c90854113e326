// Names of tables and columns as a manifest gives them, in SQL. They are lower-case words by its grammar, so quoting is enough.
import type { TableState } from './manifest.ts'

/** schema.table, quoted. */
export const quoted = (name: string): string => `"${name.replace('.', '"."')}"`

/** The columns of a table as a list. */
export const columnsOf = (table: Pick<TableState, 'columns'>): string =>
  table.columns.map((column) => `"${column.name}"`).join(', ')
