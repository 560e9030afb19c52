import { CredentialError } from '@nebula-credential/core'
import type { CustomTypesConfig } from 'pg'

/** Rows as arrays of values, read by {@link rowTypes}, and how many rows a statement returned or changed. */
export interface StatementResult {
  readonly rows: readonly Row[]
  readonly rowCount: number
}

export type Row = readonly unknown[]

/** Runs one statement, in which `{schema}` stands for the schema's quoted name. */
export type RunStatement = (sql: string, values?: readonly unknown[]) => Promise<StatementResult>

// Object identifiers of https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
const booleanType = 16
const numberTypes = new Set([20, 21, 23, 701])
const jsonTypes = new Set([114, 3802])

/** How values are read, whatever parsers the program has set for all of the driver. Bytes are selected as base64. */
export const rowTypes: CustomTypesConfig = {
  getTypeParser(type: number) {
    if (numberTypes.has(type)) return Number
    if (jsonTypes.has(type)) return JSON.parse
    if (type === booleanType) return (value: string) => value === 't'
    return (value: string) => value
  },
}

/**
 * Checks that every text can be written as it is: the driver would write a lone surrogate as another character, and
 * two tenants might become one.
 * @throws CredentialError INPUT_INVALID
 */
export function assertWellFormed(values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value !== 'string' || value.isWellFormed()) continue
    throw new CredentialError(
      'INPUT_INVALID',
      'A text holds half of a surrogate pair; store whole characters',
    )
  }
}
