import { DatabaseSync } from 'node:sqlite'

/** Damages the schema of a database, so that whoever has it open cannot read it any more. */
export function damage(path: string): void {
  using database = new DatabaseSync(path, { defensive: false })
  database.exec('PRAGMA writable_schema = ON')
  database.exec("UPDATE sqlite_schema SET sql = 'no schema at all'")
  database.exec('PRAGMA schema_version = 999')
}
