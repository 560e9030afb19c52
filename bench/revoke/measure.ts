import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CredentialId, CredentialManager } from '@nebula-credential/core'
import { benchKey } from '../filled-manager.ts'
import { backendOf } from '../herd/backend/backends.ts'
import { type Channel, connect, revokeBackends } from './backends.ts'
import { HolderProcess } from './holder-process.ts'
import { buildManager } from './manager.ts'
import { monotonicNs, type Refusal } from './messages.ts'

export interface RevokeOptions {
  readonly backend: string
  readonly l1TtlMs: number
  /** How many credentials are revoked, one after another. */
  readonly revocations: number
}

/** Delays in ns, one for each revocation. */
export interface ToldDelays {
  /** From sending a raw message to its arrival in the other process. */
  readonly message: readonly number[]
  /** From the return of `revokeCredential` to the last token that the other process handed out; below 0 is before. */
  readonly afterReturn: readonly number[]
  /** The same from the call on: with all that revoking itself takes. */
  readonly afterCall: readonly number[]
}

/** Revokes what another process holds, which is told of it. */
export async function measureTold(options: RevokeOptions): Promise<ToldDelays> {
  await using pair = await openPair(options, false)
  const { channel } = pair
  if (channel === undefined) throw new Error(`${options.backend} has no messages`)
  const delays = { message: [] as number[], afterReturn: [] as number[], afterCall: [] as number[] }
  for (const id of await pair.create(options.revocations)) {
    await pair.hold([id])
    delays.message.push(await timeMessage(channel, pair.holder))
    const refused = pair.holder.next('refused')
    const { calledAt, returnedAt } = await pair.revoke(id)
    const [refusal] = (await refused).refusals
    delays.afterReturn.push(since(returnedAt, refusal))
    delays.afterCall.push(since(calledAt, refusal))
  }
  return delays
}

/** Revokes what another process holds, which is not told of it: its subscription is lost, or there never was one. */
export async function measureUntold(options: RevokeOptions): Promise<readonly number[]> {
  await using pair = await openPair(options, true)
  const ids = await pair.create(options.revocations)
  await pair.hold(ids)
  await pair.cut()
  const refused = pair.holder.next('refused')
  const returned = new Map<string, bigint>()
  for (const id of ids) {
    returned.set(id, (await pair.revoke(id)).returnedAt)
    // What is held was loaded together when the connection was lost, so its remaining time is spread like this.
    await sleep(options.l1TtlMs / ids.length)
  }
  return (await refused).refusals.map(refusal => since(returned.get(refusal.id) ?? 0n, refusal))
}

async function openPair({ backend, l1TtlMs }: RevokeOptions, cutsSubscription: boolean) {
  const { location, close } = await backendOf(backend).open()
  const key = randomBytes(32).toString('base64')
  const holder = new HolderProcess()
  const manager = await buildManager(connect(backend, location), key, l1TtlMs)
  const channel = revokeBackends[backend]?.channel?.(location)
  const started = holder.next('started')
  holder.send({ kind: 'start', task: { backend, location, key, l1TtlMs, cutsSubscription } })
  await started
  return {
    holder,
    channel,
    create: (count: number) => createMany(manager, count),
    async hold(ids: readonly string[]) {
      const holding = holder.next('holding')
      holder.send({ kind: 'hold', ids })
      await holding
      await sleep(1 + Math.random() * 10)
    },
    async cut() {
      const done = holder.next('cut')
      holder.send({ kind: 'cut' })
      await done
      await sleep(l1TtlMs * Math.random())
    },
    async revoke(id: CredentialId) {
      const calledAt = monotonicNs()
      await manager.revokeCredential(id)
      return { calledAt, returnedAt: monotonicNs() }
    },
    async [Symbol.asyncDispose]() {
      await holder.end()
      await channel?.close()
      await manager.close()
      await close()
    },
  }
}

async function createMany(manager: CredentialManager, count: number) {
  const create = () =>
    manager.createCredential(benchKey, { value: randomBytes(30).toString('base64url'), padding: '' })
  return await Promise.all(Array.from({ length: count }, create))
}

async function timeMessage(channel: Channel, holder: HolderProcess): Promise<number> {
  const heard = holder.next('heard')
  const sentAt = monotonicNs()
  await channel.send('raw')
  return Number(BigInt((await heard).at) - sentAt)
}

function since(instant: bigint, refusal: Refusal | undefined): number {
  if (refusal?.code !== 'REAUTHORIZATION_REQUIRED') throw new Error(`Refused with ${refusal?.code}`)
  return Number(BigInt(refusal.lastAt) - instant)
}
