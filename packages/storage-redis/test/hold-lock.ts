import { RedisDistributedLock } from '../src/distributed-lock.ts'
import { shortLeaseTiming } from './short-lease-timing.ts'

// Holds a lock until it is lost, says so, releases it late, and waits to be killed.
const [url, keyPrefix, key] = process.argv.slice(2) as [string, string, string]
const lock = new RedisDistributedLock(url, { keyPrefix, ...shortLeaseTiming })
const lease = await lock.acquire(key, { waitMs: 30_000 })
console.log('held')
lease.signal.addEventListener('abort', async () => {
  await lease.release()
  console.log(lease.signal.reason.code)
})
setInterval(() => {}, 60_000)
