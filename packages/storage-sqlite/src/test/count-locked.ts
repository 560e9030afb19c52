// Adds 1 to the number in a file, again and again, each time under the lock. Arguments: path, counter file, times.
import { readFile, writeFile } from 'node:fs/promises'
import { SqliteStateStore } from '../index.ts'

const [path = '', counter = '', times] = process.argv.slice(2)
const lock = new SqliteStateStore(path).lock()
for (let n = 0; n < Number(times); n++) {
  await using _lease = await lock.acquire('counter', { waitMs: 30_000 })
  const seen = Number(await readFile(counter, 'utf8'))
  await writeFile(counter, String(seen + 1))
}
await lock.close()
