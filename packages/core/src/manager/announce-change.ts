import type { CredentialRecord } from '../record/credential-record.ts'
import { keyOf, type Runtime } from './runtime.ts'

/**
 * Makes every cache forget what it holds of a credential below the record's version: this process at once, the
 * shared cache and the other processes before the call returns where they can be reached, else as soon as they can.
 */
export async function announceChange(
  runtime: Runtime,
  record: Pick<CredentialRecord, 'id' | 'scope' | 'version'>,
): Promise<void> {
  runtime.loads.forget(keyOf(record))
  runtime.hot.invalidate(record.id, record.version)
  await Promise.all([
    runtime.cache &&
      untilDone(runtime, () =>
        runtime.cache?.invalidate(keyOf(record), record.version, tombstoneMs(runtime)),
      ),
    runtime.invalidation &&
      untilDone(runtime, () =>
        runtime.invalidation?.publish({
          tenantId: record.scope.tenantId,
          id: record.id,
          version: record.version,
        }),
      ),
  ])
}

// A tombstone must outlast whatever was loaded before it and is stored after it.
const tombstoneMs = (runtime: Runtime) => runtime.policy.l2TtlMs + runtime.policy.rotatingRequestMs

async function untilDone(runtime: Runtime, work: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await work()
  } catch {
    runtime.background.run(() => retry(runtime, work))
  }
}

async function retry(runtime: Runtime, work: () => Promise<unknown> | undefined): Promise<void> {
  const { clock, background, policy } = runtime
  for (
    let pauseMs = policy.retryPauseMs;
    !background.signal.aborted;
    pauseMs = Math.min(pauseMs * 2, 30_000)
  ) {
    await clock.sleep(pauseMs, background.signal).catch(() => {})
    try {
      await work()
      return
    } catch {
      // The backend is still away; the next round tries again.
    }
  }
}
