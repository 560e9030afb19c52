import type { TestProject } from 'vitest/node'
import { RedisServer } from '../redis-server.ts'
import { unlessUnavailable } from '../service-unavailable.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Redis with an append-only file, or undefined where there is none. Tests share it: use a prefix of your own. */
    redisUrl: string | undefined
  }
}

/** Vitest's globalSetup of projects that need Redis: that of NEBULA_TEST_REDIS_URL, else one started for this run. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.NEBULA_TEST_REDIS_URL
  const server = given ? undefined : await unlessUnavailable('storage on Redis', () => RedisServer.start())
  project.provide('redisUrl', given ?? server?.url)
  return async () => await server?.[Symbol.asyncDispose]()
}
