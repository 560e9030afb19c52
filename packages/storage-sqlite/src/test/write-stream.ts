// Writes new versions of its records until it is killed. Says "try NUMBER VERSION" before each write, and "ack" once
// it was acknowledged. Arguments: path, first number, count.
import { writeSync } from 'node:fs'
import { sampleId } from '@nebula-credential/testing'
import { SqliteStateStore } from '../index.ts'
import { versionOf } from './payload.ts'

const [path = '', first, count] = process.argv.slice(2)
const store = new SqliteStateStore(path)

for (let n = 0; ; n++) {
  const number = Number(first) + (n % Number(count))
  const version = ((await store.get('acme', sampleId(number)))?.version ?? 0) + 1
  const record = versionOf(number, version)
  writeSync(1, `try ${number} ${version}\n`)
  await (version === 1 ? store.create(record) : store.replace(record))
  writeSync(1, `ack ${number} ${version}\n`)
}
