import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { z } from 'zod'
import { benchKey, fillManager } from './filled-manager.ts'
import { report } from './report.ts'
import { interleave, median, medianRatio, shuffled } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const size = Number(process.argv[2] ?? 1_000)
const rounds = Number(process.argv[3] ?? 41)
// Enough for the compiler to have done with the whole path.
const warmUps = 20
// With the JSON around it, a state of 1 KiB.
const paddingBytes = 940

const partNames = {
  row: 'read the row, prepared statement',
  hkdf: 'HKDF-SHA-256 from KeyObject to KeyObject',
  decrypt: 'AES-256-GCM decrypt, KeyObject',
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
  const operations = order.length

  const times = await interleave(
    {
      getToken: {
        operations,
        run: async () => {
          for (const id of order) await view.getToken(id)
        },
      },
      together: { operations, run: () => order.forEach(id => void parts.all(id)) },
      row: { operations, run: () => order.forEach(id => void parts.readRow(id)) },
      hkdf: { operations, run: () => order.forEach(() => void parts.deriveKey()) },
      decrypt: { operations, run: () => order.forEach(() => void parts.decrypt()) },
      parse: { operations, run: () => order.forEach(() => void parts.parse()) },
      decode: { operations, run: () => order.forEach(() => void parts.decode()) },
    },
    rounds,
    warmUps,
  )
  const { getToken, together, ...ofParts } = times
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
  const sealed = seal(createSecretKey(randomBytes(32)), text)

  const parts = {
    readRow: (id: string) => select.get('acme', id),
    deriveKey: () => createSecretKey(new Uint8Array(hkdfSync('sha256', master, salt, info, 64), 0, 32)),
    decrypt: () => {
      const gcm = createDecipheriv('aes-256-gcm', sealed.key, sealed.nonce, { authTagLength: 16 })
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

function seal(key: KeyObject, plaintext: Uint8Array) {
  const nonce = randomBytes(12)
  const data = randomBytes(150)
  const gcm = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  gcm.setAAD(data)
  const ciphertext = gcm.update(plaintext)
  gcm.final()
  return { key, nonce, data, ciphertext, tag: gcm.getAuthTag() }
}
