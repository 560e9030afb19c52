import type { Location } from './backend/backend.ts'
import type { BackendName } from './backend/backends.ts'

/** Where this program's credentials are, and what opens them: all that a further process needs. */
export interface Place {
  readonly backend: BackendName
  readonly location: Location
  readonly passphrase: string
}
