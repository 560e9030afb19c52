import type { CredentialManagerBuilder, StateStore } from '@nebula-credential/core'
import type { StoredBytes } from './at-rest.ts'

/** All that differs between backends in this program. */
export interface Backend {
  /**
   * Starts its server, or takes the one that the environment names, and says where credentials are kept from now on.
   * @throws ServiceUnavailable, CredentialError with one sentence that says what to do
   */
  start(folder: string): Promise<Location & AsyncDisposable>
  /** The lines of the builder that choose it. */
  choose(builder: CredentialManagerBuilder, location: Location): CredentialManagerBuilder<'encryption'>
  /** A store there, to look at records as they stand in it. Close it. */
  openStore(location: Location): StateStore
  /** Everything that stands there, byte by byte. */
  atRest(location: Location): Promise<StoredBytes[]>
  /** Makes a copy there, in which somebody edited the text of one audit entry. */
  copyWithEditedEvent(location: Location, edit: EventEdit): Promise<Location>
}

/** Where a backend keeps credentials: all that another process needs to reach them. */
export interface Location {
  /** For people. */
  readonly description: string
  /** Its files are in these folders; those of a server that was given are out of reach. */
  readonly folders: readonly string[]
  /** The path of an SQLite file: all of it, or what its server has no place for. */
  readonly file?: string
  /** Of its server, with the password. */
  readonly url?: string
  /** Whether its server was given, and is not this program's. */
  readonly given?: boolean
  readonly schema?: string
  readonly keyPrefix?: string
}

/** One entry of an audit chain, and the text in it to replace. */
export interface EventEdit {
  readonly chain: string
  readonly sequence: number
  readonly from: string
  readonly to: string
}
