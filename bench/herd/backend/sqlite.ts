import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CredentialManager } from '@nebula-credential/core'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import type { Backend } from './backend.ts'

export const sqlite: Backend = {
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-herd-'))
    return { location: join(folder, 'herd.db'), close: () => rm(folder, { recursive: true }) }
  },
  connect: location => CredentialManager.builder().withStorage(new SqliteStateStore(location)),
}
