// Reads and writes a database on a disk that is mounted read-only, or whose folder this process may not write.
// Argument: path.
import { strict as assert } from 'node:assert'
import { isCredentialError } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { SqliteStateStore } from '../index.ts'

const [path = ''] = process.argv.slice(2)
const store = new SqliteStateStore(path)
const error = await store.create(sampleRecord({ id: sampleId(1) })).catch((thrown: unknown) => thrown)
assert.ok(isCredentialError(error, 'STORAGE_UNAVAILABLE'), String(error))
assert.ok(error.message.includes(path) && /writ/.test(error.message), error.message)
await store.close()
process.stdout.write(`refused\n`)
