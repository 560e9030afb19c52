import type { Backend } from './backend.ts'
import { postgresBackend } from './postgres.ts'
import { redisBackend } from './redis.ts'
import { sqliteBackend } from './sqlite.ts'

/** The backends that `--storage` accepts. */
export const backends = {
  sqlite: sqliteBackend,
  redis: redisBackend,
  postgres: postgresBackend,
} as const satisfies Record<string, Backend>

export type BackendName = keyof typeof backends
