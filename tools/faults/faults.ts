import type { Fault } from './fault.ts'
import { clocksApart } from './faults/clocks-apart.ts'
import { frozen } from './faults/frozen.ts'
import { herd } from './faults/herd.ts'
import { killed } from './faults/killed.ts'
import { lostAnswer } from './faults/lost-answer.ts'
import { lostSubscription } from './faults/lost-subscription.ts'
import { migrating } from './faults/migrating.ts'
import { noLock } from './faults/no-lock.ts'
import {
  connectionsCut,
  connectionsExhausted,
  poolExhausted,
  postgresRestarted,
} from './faults/postgres-away.ts'
import { realProvider } from './faults/real-provider.ts'
import { redisEmptied } from './faults/redis-emptied.ts'
import { redisFailOver } from './faults/redis-fail-over.ts'
import { redisRestarted } from './faults/redis-restarted.ts'
import { redlock } from './faults/redlock.ts'
import { fullDisk, refusedWrite } from './faults/refused-write.ts'
import { slowProvider } from './faults/slow-provider.ts'
import { slowStore } from './faults/slow-store.ts'

/** Every fault, in the order of the table. */
export const faults: readonly Fault[] = [
  herd,
  killed,
  realProvider,
  frozen,
  slowProvider,
  lostAnswer,
  refusedWrite,
  fullDisk,
  redisRestarted,
  redisEmptied,
  redisFailOver,
  noLock,
  redlock,
  postgresRestarted,
  connectionsCut,
  connectionsExhausted,
  poolExhausted,
  lostSubscription,
  migrating,
  slowStore,
  clocksApart,
]
