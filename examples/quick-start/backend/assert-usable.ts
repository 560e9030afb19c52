import type { StateStore } from '@nebula-credential/core'

/** Asks a store one question, and closes it. @throws CredentialError saying why it cannot be used */
export async function assertUsable(store: StateStore): Promise<void> {
  try {
    await store.readHeader()
  } finally {
    await store.close()
  }
}
