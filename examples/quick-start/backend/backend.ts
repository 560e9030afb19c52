import type { CredentialManagerBuilder, StateStore } from '@nebula-credential/core'
import { sqliteBackend } from './sqlite.ts'

/** All that differs between backends in this program. */
export interface Backend {
  /** Where credentials are kept, for people. */
  readonly description: string
  /** The lines of the builder that choose it. */
  choose(builder: CredentialManagerBuilder): CredentialManagerBuilder<'encryption'>
  /** A store on it, to look at records as they stand there. Close it. */
  openStore(): StateStore
  /** Everything that stands there, byte by byte. */
  bytesAtRest(): readonly { readonly name: string; readonly bytes: Buffer }[]
  /** A copy of all of it, in which somebody edited the text of one audit entry. */
  copyWithEditedEvent(chain: string, sequence: number, from: string, to: string): Backend
}

/** The backends that `--storage` accepts; each gets a folder for its files. */
export const backends = { sqlite: sqliteBackend } as const satisfies Record<
  string,
  (folder: string) => Backend
>

export type BackendName = keyof typeof backends
