import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { openEncryption, passphraseKey } from '../../index.ts'

/** Opens the encryption of the SQLite file named on the command line, and prints a sealed text as base64. */
const store = new SqliteStateStore(process.argv[2] ?? '')
const { provider } = await openEncryption(passphraseKey('shared', { memoryKiB: 1_024, passes: 1 }), {
  readHeader: () => store.readHeader(),
  createHeader: value => store.createHeader(value),
  replaceHeader: (value, version) => store.replaceHeader(value, version),
  isEmpty: async () => (await store.list({}, { limit: 1 })).records.length === 0,
})
const sealed = await provider.encrypt(Buffer.from('state'), Buffer.from('bound'))
process.stdout.write(Buffer.from(sealed).toString('base64'))
await store.close()
