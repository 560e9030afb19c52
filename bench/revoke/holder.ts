import { on } from 'node:events'
import { type CredentialManager, isCredentialError } from '@nebula-credential/core'
import type { TcpProxy } from '../../tools/services/tcp-proxy.ts'
import { benchKey } from '../filled-manager.ts'
import { type Channel, connect, revokeBackends } from './backends.ts'
import { buildManager } from './manager.ts'
import { type FromHolder, type HolderTask, monotonicNs, type Refusal, type ToHolder } from './messages.ts'

// A token that comes back after it was refused is handed out all the same.
const watchedOnMs = 30

let manager: CredentialManager | undefined
let proxy: TcpProxy | undefined
let channel: Channel | undefined

for await (const [message] of on(process, 'message') as AsyncIterable<[ToHolder]>) {
  if (message.kind === 'start') await start(message.task)
  if (message.kind === 'hold') await hold(message.ids)
  if (message.kind === 'cut') cut()
  if (message.kind === 'end') break
}
await channel?.close()
await manager?.close()
await proxy?.[Symbol.asyncDispose]()
process.disconnect()

async function start({ backend, location, key, l1TtlMs, cutsSubscription }: HolderTask): Promise<void> {
  const { channel: openChannel, connectThrough } = revokeBackends[backend] ?? {}
  const through = cutsSubscription ? await connectThrough?.(location) : undefined
  proxy = through?.proxy
  manager = await buildManager(through?.builder ?? connect(backend, location), key, l1TtlMs)
  channel = openChannel?.(location)
  await channel?.listen(text => tell({ kind: 'heard', text, at: String(monotonicNs()) }))
  tell({ kind: 'started' })
}

function cut(): void {
  proxy?.cut()
  tell({ kind: 'cut' })
}

/** Takes tokens into memory, and hands them out from then on. */
async function hold(ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(id => manager?.getToken(benchKey.id(id))))
  const refusals = ids.map(handOut)
  tell({ kind: 'holding' })
  // The next order is read meanwhile.
  void Promise.all(refusals).then(all => tell({ kind: 'refused', refusals: all }))
}

async function handOut(id: string): Promise<Refusal> {
  let lastAt = monotonicNs()
  let code = ''
  for (
    let refusedAt: number | undefined;
    performance.now() < (refusedAt ?? Number.POSITIVE_INFINITY) + watchedOnMs;
  ) {
    try {
      await manager?.getToken(benchKey.id(id))
      lastAt = monotonicNs()
    } catch (error) {
      code = isCredentialError(error) ? error.code : String(error)
      refusedAt ??= performance.now()
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  return { id, lastAt: String(lastAt), code }
}

function tell(message: FromHolder): void {
  process.send?.(message)
}
