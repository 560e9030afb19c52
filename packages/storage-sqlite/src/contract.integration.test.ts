import { rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import {
  describeAuditSink,
  describeDistributedLock,
  describeOutbox,
  describeStateStore,
} from '@nebula-credential/testing'
import { SqliteAuditSink } from './audit-sink.ts'
import { SqliteDistributedLock } from './distributed-lock.ts'
import { SqliteStateStore } from './state-store.ts'
import { damage } from './test/damage.ts'
import { temporaryFile } from './test/temporary-file.ts'

describeStateStore('SQLite', async () => opened(path => new SqliteStateStore(path)))

const timing = { ttlMs: 1_000, renewEveryMs: 100 }

describeDistributedLock('SQLite', async () => {
  const harness = opened(path => new SqliteDistributedLock(path, timing))
  return {
    ...harness,
    timing,
    async loseLease({ key }) {
      using database = new DatabaseSync(harness.path)
      database.prepare('DELETE FROM lease WHERE key = ?').run(key)
    },
  }
})

describeAuditSink('SQLite', async () => opened(path => new SqliteAuditSink(path)))

describeOutbox('SQLite', async () => {
  const harness = opened(path => new SqliteStateStore(path).outbox())
  return {
    ...harness,
    // A file where its folder should be.
    async breakBackend() {
      await rm(`${harness.path}.outbox`, { recursive: true, force: true })
      await writeFile(`${harness.path}.outbox`, '')
    },
  }
})

/** Two instances on one fresh file. */
function opened<T extends { close(): Promise<void> }>(open: (path: string) => T) {
  const file = temporaryFile()
  const [first, second] = [open(file.path), open(file.path)]
  return {
    first,
    second,
    path: file.path,
    async breakBackend() {
      // The instances open the file with their first call; it should be there before.
      const store = new SqliteStateStore(file.path)
      await store.readHeader()
      await store.close()
      damage(file.path)
    },
    async cleanup() {
      await first.close()
      await second.close()
      file[Symbol.dispose]()
    },
  }
}
