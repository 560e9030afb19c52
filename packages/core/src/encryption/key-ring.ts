import { CredentialError } from '../errors.ts'
import type { KeySource } from './key-source.ts'

/** One current key, which seals, and any number of old ones, which only open. */
export interface KeyRing {
  readonly current: KeySource
  readonly old: readonly KeySource[]
}

/** What `withEncryption` takes. */
export type EncryptionKeys = KeySource | KeyRing

/**
 * A key ring. To change keys without downtime: add the new key to `old` everywhere, then make it `current` and the
 * other one old, then rekey, then remove the old one.
 * @throws CredentialError CONFIG_INVALID when two keys share an id
 */
export function keyRing(keys: {
  readonly current: KeySource
  readonly old?: readonly KeySource[] | undefined
}): KeyRing {
  const old = [...(keys.old ?? [])]
  const ids = [keys.current, ...old].map(source => source.keyId)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Two keys of the key ring have the id "${twice}"; give each its own keyId`,
    )
  }
  return { current: keys.current, old }
}

/**
 * The ring that keys stand for: a single key is current and has no old ones.
 * @throws CredentialError CONFIG_INVALID for anything else, such as the bare key
 */
export function ringOf(keys: EncryptionKeys): KeyRing {
  if (typeof keys === 'object' && 'current' in keys) return keys
  if (typeof (keys as Partial<KeySource>).open === 'function') return { current: keys as KeySource, old: [] }
  throw new CredentialError(
    'CONFIG_INVALID',
    'withEncryption takes passphraseKey(…), rawKey(…), envelopeKey(…) or a keyRing(…) of them',
  )
}
