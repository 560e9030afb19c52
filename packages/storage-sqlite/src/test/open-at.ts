// Opens a database file at a given instant and creates a record in it. Arguments: path, number, epoch ms.
import { setTimeout as sleep } from 'node:timers/promises'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { SqliteStateStore } from '../index.ts'

const [path = '', number, at] = process.argv.slice(2)
const store = new SqliteStateStore(path)
await sleep(Math.max(0, Number(at) - Date.now()))
await store.create(sampleRecord({ id: sampleId(Number(number)) }))
await store.close()
