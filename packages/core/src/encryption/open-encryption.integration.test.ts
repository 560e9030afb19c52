import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEncryption } from './open-encryption.ts'
import { passphraseKey } from './passphrase-key.ts'

const child = fileURLToPath(new URL('test/open-in-child.ts', import.meta.url))
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'header-'))
})
afterEach(() => rm(directory, { recursive: true }))

it('gives ten processes that start at once on an empty SQLite file one key', async () => {
  const path = join(directory, 'nebula.db')
  const run = promisify(execFile)
  const outputs = await Promise.all(
    Array.from({ length: 10 }, () =>
      run(process.execPath, ['--conditions=@nebula-credential/source', child, path]),
    ),
  )
  const store = new SqliteStateStore(path)
  expect((await store.readHeader())?.version).toBe(1)
  const { provider } = await openEncryption(passphraseKey('shared'), {
    readHeader: () => store.readHeader(),
    createHeader: value => store.createHeader(value),
    replaceHeader: (value, version) => store.replaceHeader(value, version),
    isEmpty: async () => false,
  })
  for (const { stdout } of outputs) {
    const opened = await provider.decrypt(Buffer.from(stdout, 'base64'), Buffer.from('bound'))
    expect(Buffer.from(opened).toString()).toBe('state')
  }
  await store.close()
}, 300_000)
