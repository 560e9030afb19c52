import type { Backend } from './backend.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { redisOverPostgres } from './redis-over-postgres.ts'
import { sqlite } from './sqlite.ts'

/** The backends by the name that `--backend` takes. */
export const backends: Readonly<Record<string, Backend>> = {
  sqlite,
  redis,
  postgres,
  'redis-over-postgres': redisOverPostgres,
}

/** @throws RangeError naming the backends that there are */
export function backendOf(name: string): Backend {
  const backend = backends[name]
  if (backend !== undefined) return backend
  throw new RangeError(`There is no backend "${name}". There are: ${Object.keys(backends).join(', ')}`)
}
