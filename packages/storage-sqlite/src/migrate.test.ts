import { readFileSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrationsModule } from '../sql/generate.ts'
import { migrations } from './generated/migrations.ts'
import { assertOurs, migrate } from './migrate.ts'
import { temporaryFile } from './test/temporary-file.ts'

test('the generated module holds the migrations of sql/ (run sql/generate.ts)', () => {
  const generated = readFileSync(new URL('generated/migrations.ts', import.meta.url), 'utf8')
  expect(generated).toBe(migrationsModule())
})

test('a process that saw an old schema does not migrate again what another migrated before it got the lock', () => {
  using file = temporaryFile()
  using winner = new DatabaseSync(file.path)
  using loser = new LosingDatabase(file.path, () => migrate(winner, file.path))
  migrate(loser, file.path)
  expect(loser.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
})

test("a process that is overtaken while it looks at the file does not take it for another program's", () => {
  using file = temporaryFile()
  using winner = new DatabaseSync(file.path)
  winner.exec('PRAGMA journal_mode = WAL')
  using loser = new OvertakenDatabase(file.path, () => migrate(winner, file.path))
  assertOurs(loser, file.path)
  migrate(loser, file.path)
  expect(loser.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
})

test('a process that dies in a migration leaves the file as it was, and the next one migrates', () => {
  using file = temporaryFile()
  const dying = new DatabaseSync(file.path)
  dying.exec('BEGIN IMMEDIATE')
  for (const statements of migrations) dying.exec(statements)
  dying.close()
  using next = new DatabaseSync(file.path)
  expect(next.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 })
  migrate(next, file.path)
  expect(next.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
})

/** Lets another process go first whenever this one is about to take the write lock. */
class LosingDatabase extends DatabaseSync {
  readonly #another: () => void

  constructor(path: string, another: () => void) {
    super(path)
    this.#another = another
  }

  override exec(sql: string): void {
    if (sql === 'BEGIN IMMEDIATE') this.#another()
    super.exec(sql)
  }
}

/** Lets another process go first, once, between the statements by which this one looks at the file. */
class OvertakenDatabase extends DatabaseSync {
  #another: (() => void) | undefined

  constructor(path: string, another: () => void) {
    super(path)
    this.#another = another
  }

  override prepare(sql: string): StatementSync {
    if (sql.startsWith('SELECT count(*)')) {
      this.#another?.()
      this.#another = undefined
    }
    return super.prepare(sql)
  }
}
