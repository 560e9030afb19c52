import { createSecretKey } from 'node:crypto'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { AuditKeys, AuditLog, systemClock } from '../../index.ts'

/**
 * Writes events to one audit chain of the SQLite file named on the command line until it is killed, and prints the
 * reason of each event once it is acknowledged.
 */
const [, , path = '', name = ''] = process.argv
const store = new SqliteStateStore(path)
const keys = new AuditKeys('audit-test', new Map([['audit-test', createSecretKey(Buffer.alloc(32, 7))]]))
const log = new AuditLog({ sink: store.audit(), keys, clock: systemClock })
for (let n = 0; ; n++) {
  const reason = `${name}-${n}`
  await log.write({
    at: Date.now(),
    action: 'credential.update',
    outcome: 'success',
    tenantId: 'acme',
    actor: name,
    credentialId: 'c1',
    reason,
  })
  process.stdout.write(`${reason}\n`)
}
