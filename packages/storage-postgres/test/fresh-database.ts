import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** A new, empty database on the server of `url`, and how to get rid of it. */
export class FreshDatabase {
  readonly name = `test_${randomBytes(6).toString('hex')}`
  readonly url: string
  readonly #serverUrl: string

  private constructor(serverUrl: string) {
    this.#serverUrl = serverUrl
    const url = new URL(serverUrl)
    url.pathname = `/${this.name}`
    this.url = url.href
  }

  static async on(serverUrl: string): Promise<FreshDatabase> {
    const database = new FreshDatabase(serverUrl)
    await database.#onServer(`CREATE DATABASE ${database.name}`)
    return database
  }

  /** Runs SQL as the test's superuser, on a connection of its own. */
  async run(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return runOn(this.url, sql, values)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#onServer(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`)
  }

  async #onServer(sql: string): Promise<void> {
    await runOn(this.#serverUrl, sql, [])
  }
}

async function runOn(url: string, sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(sql, values)).rows ?? []
  } finally {
    await client.end()
  }
}
