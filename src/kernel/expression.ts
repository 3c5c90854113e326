// A value worked out from the columns of a row: what a condition compares when a column alone does not say it. Keeps kernel-4.
//
// One rule, as for atoms: an expression that has no value is NULL and never an error. A cell of the wrong JSON type, a sum beyond 64 bits,
// a NULL column: all NULL. Numbers are exact decimals (PostgreSQL numeric), never floating point.

/** What an expression gives. Moments and lengths of time are milliseconds, decimals ten-thousandths, references their ids as text. */
export type ExpressionType = 'number' | 'text' | 'boolean' | 'inet' | 'texts'

/** How a column becomes a value. */
export type ColumnReading =
  | 'text'
  | 'boolean'
  | 'inet'
  | 'texts'
  | 'long' // bigint
  | 'decimal' // numeric with at most four digits after the point
  | 'moment' // timestamptz, whole milliseconds, rounded down
  | 'day' // date, its midnight in UTC
// prettier-ignore

/** What a JSON value must be; anything else is NULL. */
export type JsonReading =
  | 'text' | 'boolean'
  | 'long' // a whole number within ±(2^53 − 1)
  | 'decimal' // a string such as "-12.5000": one to four digits after the point, at most 14 before it
  | 'moment' // a string such as "2026-01-31T08:00:00.000Z", years 1000 to 9999
  | 'day' // a string such as "2026-01-31"; its midnight in UTC
  | 'texts' // an array of strings
// prettier-ignore

export type Expression =
  | { readonly kind: 'value'; readonly type: ExpressionType; readonly value: Scalar | readonly string[] }
  /** up: rows outward, for a value of the outer row inside a lookup. */
  | { readonly kind: 'column'; readonly column: string; readonly as: ColumnReading; readonly up: number }
  /** A member of a JSON object in a column. */
  | { readonly kind: 'json'; readonly column: string; readonly key: string; readonly as: JsonReading; readonly up: number }
  /** Exact, and NULL beyond a signed 64-bit number. */
  | { readonly kind: 'arithmetic'; readonly op: '+' | '-' | '*'; readonly left: Expression; readonly right: Expression }
  /** Division that drops the fraction toward zero. */
  | { readonly kind: 'quotient'; readonly of: Expression; readonly by: bigint }
  /** What is left above the largest multiple of a day at or below; never negative. */
  | { readonly kind: 'timeOfDay'; readonly of: Expression }
  /** 4 or 6. */
  | { readonly kind: 'family'; readonly of: Expression }
  /** What is known of who asks, for row security: given by the transaction, NULL where it was not. */
  | { readonly kind: 'fact'; readonly name: FactName }
  /** Two ids side by side, so that pairs of them can be looked for in a list. */
  | { readonly kind: 'joined'; readonly left: Expression; readonly right: Expression }

/** The id as text, whether the person is active, the roles as texts, the clearance as a number. */
export type FactName = 'id' | 'active' | 'roles' | 'clearance'

/** member: left is one of right; within: left lies in the range right; the others compare texts as sets. */
export type Relation = '=' | '<' | '<=' | 'like' | 'within' | 'member' | 'containsAll' | 'containsAny' | 'containedBy'

/** A value a row is compared with. Columns of type bigint take bigint, timestamptz takes Date. */
export type Scalar = string | number | bigint | boolean | Date

/** What stands between two joined ids. */
export const joint = '/'

/** The cells an expression reads of its own row: all of them must have a value for it to have one. */
export const cellsOf = (of: Expression): readonly string[] => {
  switch (of.kind) {
    case 'value':
    case 'fact':
      return []
    case 'column':
      return of.up === 0 ? [of.column] : []
    case 'json':
      return of.up === 0 ? [jsonCell(of.column, of.key)] : []
    case 'arithmetic':
    case 'joined':
      return [...cellsOf(of.left), ...cellsOf(of.right)]
    case 'quotient':
    case 'timeOfDay':
    case 'family':
      return cellsOf(of.of)
  }
}

/** A member of a JSON column as one name; no column has a point in its name. */
export const jsonCell = (column: string, key: string): string => `${column}.${key}`

/** The same expression seen from some lookups further in. */
export const outward = (of: Expression, by: number): Expression => {
  if (by === 0) return of
  switch (of.kind) {
    case 'value':
    case 'fact':
      return of
    case 'column':
    case 'json':
      return { ...of, up: of.up + by }
    case 'arithmetic':
    case 'joined':
      return { ...of, left: outward(of.left, by), right: outward(of.right, by) }
    case 'quotient':
    case 'timeOfDay':
    case 'family':
      return { ...of, of: outward(of.of, by) }
  }
}
