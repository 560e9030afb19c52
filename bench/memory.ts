import { randomBytes } from 'node:crypto'
import { type BearerToken, bearerToken, lend } from '@nebula-credential/core'
import { fillManager, nothingEvicted, warm } from './filled-manager.ts'
import { report } from './report.ts'

const size = Number(process.argv[2] ?? 100_000)
const limitBytes = 600
const arraySlotBytes = 8

// The audit's batches are not the cache's: none is written while the heap is measured.
const policy = { ...nothingEvicted, auditFlushMs: 86_400_000 }
const filled = await fillManager({ credentials: size, policy })
const cachedBytes = await heapGrowth(async () => (await warm(filled)).length)
const ownBytes = (await heapGrowth(() => tokensAlone())) / size - arraySlotBytes
const perToken = cachedBytes / size - ownBytes

await report('Memory of a cached token', [
  {
    what: `bytes per cached token, ${size.toLocaleString('en')} tokens`,
    measured: `${perToken.toFixed(0)} bytes beside the token's own ${ownBytes.toFixed(0)}`,
    against: `${limitBytes} bytes`,
    ratio: perToken / limitBytes,
    goal: { atMost: 1 },
  },
])
await filled.manager.close()

/** How much the heap grows by `work`, whose result stays reachable. */
async function heapGrowth<T>(work: () => T | Promise<T>): Promise<number> {
  const before = await settledHeap()
  const kept = await work()
  const after = await settledHeap()
  if (kept === null) throw new Error('Kept nothing')
  return after - before
}

function tokensAlone(): BearerToken[] {
  return Array.from({ length: size }, () =>
    bearerToken.mint({ value: lend(randomBytes(30).toString('base64url')) }, 1),
  )
}

async function settledHeap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Start this program with --expose-gc')
  for (let pass = 0; pass < 3; pass++) {
    await new Promise(resolve => setImmediate(resolve))
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}
