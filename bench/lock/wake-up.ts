import { setTimeout as pause } from 'node:timers/promises'
import { RedisDistributedLock } from '@nebula-credential/storage-redis'
import { Redis } from 'ioredis'
import { RawMessage } from './raw-message.ts'

// Long enough for a waiter to have found the lock taken, and for both connections to sleep.
const idleMs = 10
const mostWarmUps = 100

/** One hand-over of a lock, and what it is compared with just before, after the same idle time. */
export interface WakeUp {
  /** From the call of `release` by the holder until the waiter has its lease. */
  readonly wakeNs: number
  /** From PUBLISH on one connection until another has heard it. */
  readonly messageNs: number
  /** PING on the waiter's connection, which nobody else need wake up for. */
  readonly pingNs: number
}

/** Hands one lock to and fro between two connections, so that each side has been holder and waiter. */
export async function measureWakeUps(url: string, count: number): Promise<WakeUp[]> {
  const sides = [openSide(url), openSide(url)] as const
  const message = await RawMessage.open(url)
  const measured: WakeUp[] = []
  for (let turn = -Math.min(mostWarmUps, count); turn < count; turn++) {
    const [holder, waiter] = turn % 2 === 0 ? sides : sides.toReversed()
    const handedOver = await handOver(holder as Side, waiter as Side, message)
    if (turn >= 0) measured.push(handedOver)
  }
  message.close()
  for (const { client, lock } of sides) {
    await lock.close()
    client.disconnect()
  }
  return measured
}

type Side = ReturnType<typeof openSide>

function openSide(url: string) {
  const client = new Redis(url)
  return { client, lock: new RedisDistributedLock(client) }
}

async function handOver(holder: Side, waiter: Side, message: RawMessage): Promise<WakeUp> {
  const lease = await holder.lock.acquire('wake-up', { waitMs: 1_000 })
  const waiting = waiter.lock
    .acquire('wake-up', { waitMs: 10_000 })
    .then(taken => ({ taken, at: performance.now() }))
  await pause(idleMs)
  const askedAt = performance.now()
  await waiter.client.ping()
  const pingNs = (performance.now() - askedAt) * 1e6
  await pause(idleMs)
  const messageNs = await message.send()
  await pause(idleMs)
  const releasedAt = performance.now()
  const [{ taken, at }] = await Promise.all([waiting, lease.release()])
  await taken.release()
  return { wakeNs: (at - releasedAt) * 1e6, messageNs, pingNs }
}
