import type { TestProject } from 'vitest/node'
import { PostgresServer } from '../postgres-server.ts'
import { unlessUnavailable } from '../service-unavailable.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL, or undefined where there is none. Tests share it: use a schema or database of your own. */
    postgresUrl: string | undefined
  }
}

/** Vitest's globalSetup of projects that need PostgreSQL: that of NEBULA_TEST_POSTGRES_URL, else one started for this run. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.NEBULA_TEST_POSTGRES_URL
  const server = given
    ? undefined
    : await unlessUnavailable('storage on PostgreSQL', () => PostgresServer.start())
  project.provide('postgresUrl', given ?? server?.url)
  return async () => await server?.[Symbol.asyncDispose]()
}
