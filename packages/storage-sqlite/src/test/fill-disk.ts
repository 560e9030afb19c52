// Writes to a database on a small disk until the disk is full, then checks what is there, frees space and goes on.
// Ends with an assertion where something is wrong. Argument: the folder that is the disk.
import { strict as assert } from 'node:assert'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isCredentialError } from '@nebula-credential/core'
import { sampleId } from '@nebula-credential/testing'
import { SqliteStateStore } from '../index.ts'
import { versionOf } from './payload.ts'

const [folder = ''] = process.argv.slice(2)
const path = join(folder, 'nebula.db')
const ballast = join(folder, 'ballast')
writeFileSync(ballast, Buffer.alloc(256 * 1024))

const store = new SqliteStateStore(path)
const audit = store.audit()
const entry = { previousHash: 'p', hash: 'h', keyId: 'k', event: 'x'.repeat(20_000) }

let stored = 0
const full = await fill(async () => {
  await store.create(versionOf(stored, 1))
  stored++
})
assert.ok(stored > 50, `only ${stored} records fit`)
assert.ok(isCredentialError(full, 'STORAGE_UNAVAILABLE'), String(full))
assert.match(full.message, /disk is full.*Free space/)
const sequence = (await audit.head('c'))?.sequence ?? 0
const auditFull = await fill(() =>
  audit.append(
    'c',
    [
      { ...entry, sequence: sequence + 1 },
      { ...entry, sequence: sequence + 2 },
    ],
    sequence,
  ),
)
assert.ok(isCredentialError(auditFull, 'STORAGE_UNAVAILABLE'), String(auditFull))

// Nothing half-written: what was acknowledged is there, what was refused is not.
for (let number = 0; number < stored; number++) {
  assert.deepEqual((await store.get('acme', sampleId(number)))?.state, versionOf(number, 1).state)
}
assert.equal(await store.get('acme', sampleId(stored)), undefined)
assert.equal((await audit.head('c'))?.sequence ?? 0, sequence)
assert.equal((await audit.read('c', sequence + 1, 10)).length, 0)

rmSync(ballast)
await store.create(versionOf(stored, 1))
await audit.append('c', [{ ...entry, sequence: sequence + 1 }], sequence)
await store.close()
await audit.close()
using database = new DatabaseSync(path)
assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
assert.equal(database.prepare('SELECT count(*) AS count FROM credential_label').get()?.count, stored + 1)
process.stdout.write('whole\n')

async function fill(write: () => Promise<void>): Promise<unknown> {
  for (let n = 0; n < 100_000; n++) {
    try {
      await write()
    } catch (error) {
      return error
    }
  }
  return undefined
}
