import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { z } from 'zod'
import { benchKey, fillManager } from './filled-manager.ts'
import { report } from './report.ts'
import { type Contender, interleave, median, medianRatio, shuffled } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const size = Number(process.argv[2] ?? 1_000)
const rounds = Number(process.argv[3] ?? 41)
// Enough for the compiler to have done with the whole path.
const warmUps = 20
// With the JSON around it, a state of 1 KiB.
const paddingBytes = 940

const partNames = {
  row: 'read the row, prepared statement',
  hkdf: 'HKDF-SHA-256 from KeyObject',
  decrypt: 'AES-256-GCM decrypt, new KeyObject',
  parse: 'JSON.parse from bytes',
  decode: 'zod decode of the state',
}

const folder = mkdtempSync(join(tmpdir(), 'nebula-bench-'))
try {
  await report('Token from SQLite, nothing in memory', await measureCold(join(folder, 'bench.db')))
} finally {
  rmSync(folder, { recursive: true })
}

async function measureCold(path: string): Promise<Figure[]> {
  const store = new SqliteStateStore(path)
  const policy = { l1MaxEntries: 0 }
  const { manager, view, ids } = await fillManager({ credentials: size, store, policy, paddingBytes })
  const order = shuffled(ids)
  const parts = openParts(path)
  const eachId = (work: (id: string) => unknown) => withItsGarbage(order.length, () => order.forEach(work))

  const { nothing, ...gross } = await interleave(
    {
      nothing: withItsGarbage(order.length, () => {}),
      getToken: withItsGarbage(order.length, async () => {
        for (const id of order) await view.getToken(id)
      }),
      together: eachId(parts.all),
      row: eachId(parts.readRow),
      hkdf: eachId(parts.deriveKey),
      decrypt: eachId(parts.decrypt),
      parse: eachId(parts.parse),
      decode: eachId(parts.decode),
    },
    rounds,
    warmUps,
  )
  const net = Object.entries(gross).map(([name, times]) => [
    name,
    times.map((time, round) => time - (nothing[round] ?? Number.NaN)),
  ])
  const { getToken, together, ...ofParts } = Object.fromEntries(net) as typeof gross
  const sums = getToken.map((_, round) =>
    Object.values(ofParts).reduce((sum, each) => sum + (each[round] ?? Number.NaN), 0),
  )
  parts.close()
  await manager.close()
  return [
    {
      what: `getToken, cold, state of ${parts.stateBytes} bytes`,
      measured: formatNs(median(getToken)),
      against: `the sum of its parts: ${formatNs(median(sums))}`,
      ratio: medianRatio(getToken, sums),
      goal: { atMost: 1.3 },
    },
    {
      what: 'getToken, cold',
      measured: formatNs(median(getToken)),
      against: `its parts one after another: ${formatNs(median(together))}`,
      ratio: medianRatio(getToken, together),
    },
    ...Object.entries(ofParts).map(([name, each]) => ({
      what: `part: ${partNames[name as keyof typeof partNames]}`,
      measured: formatNs(median(each)),
      against: 'the sum',
      ratio: medianRatio(each, sums),
    })),
  ]
}

/**
 * A contender that collects its garbage in its own time: a turn of one part alone leaves so little that it would be
 * collected in nobody's. What collecting nothing takes is `nothing`'s time.
 */
function withItsGarbage(operations: number, work: () => void | Promise<void>): Contender {
  const run = async () => {
    await work()
    globalThis.gc?.({ type: 'minor' })
  }
  return { operations, run }
}

/** What a cold read cannot do without, each done the fastest way known, on the same file and the same state. */
function openParts(path: string) {
  const database = new DatabaseSync(path)
  const columns = database
    .prepare('PRAGMA table_info(credential)')
    .all()
    .map(column => column.name)
    .filter(name => name !== 'row_id')
  const select = database.prepare(
    `SELECT ${columns.join(', ')} FROM credential WHERE tenant_id = ? AND id = ?`,
    { returnArrays: true },
  )
  const master = createSecretKey(randomBytes(32))
  const salt = randomBytes(32)
  const info = Buffer.from('bench')
  const state = { value: randomBytes(30).toString('base64url'), padding: 'x'.repeat(paddingBytes) }
  const text = Buffer.from(JSON.stringify({ state, stateVersion: 1 }))
  const sealed = seal(randomBytes(32), text)

  const parts = {
    readRow: (id: string) => select.get('acme', id),
    deriveKey: () => new Uint8Array(hkdfSync('sha256', master, salt, info, 64), 0, 32),
    decrypt: () => {
      // Each record has a key of its own, and a KeyObject costs more at its first use than after.
      const key = createSecretKey(sealed.key)
      const gcm = createDecipheriv('aes-256-gcm', key, sealed.nonce, { authTagLength: 16 })
      gcm.setAAD(sealed.data)
      gcm.setAuthTag(sealed.tag)
      const plaintext = gcm.update(sealed.ciphertext)
      gcm.final()
      return plaintext
    },
    parse: () => JSON.parse(text.toString()),
    decode: () => z.decode(benchKey.state as never, state as never),
  }
  const all = (id: string) => {
    parts.readRow(id)
    parts.deriveKey()
    parts.decrypt()
    parts.parse()
    parts.decode()
  }
  return { ...parts, all, stateBytes: text.length, close: () => database.close() }
}

function seal(key: Uint8Array, plaintext: Uint8Array) {
  const nonce = randomBytes(12)
  const data = randomBytes(150)
  const gcm = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  gcm.setAAD(data)
  const ciphertext = gcm.update(plaintext)
  gcm.final()
  return { key, nonce, data, ciphertext, tag: gcm.getAuthTag() }
}
