import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { GuardedServer } from './guard.ts'

// Started once by every process that owns servers. Its standard input closes when that process ends, however it
// ends; it then kills what the process left behind.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('SIGHUP', () => {})

const guarded = new Map<string, GuardedServer>()

for await (const line of createInterface({ input: process.stdin })) {
  const { folder, pid } = JSON.parse(line) as GuardedServer
  if (pid === undefined) guarded.delete(folder)
  else guarded.set(folder, { folder, pid })
}

for (const { pid } of guarded.values()) kill(pid)
for (const { folder } of guarded.values()) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
