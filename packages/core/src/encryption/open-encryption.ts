import { AuditKeys } from '../audit/audit-keys.ts'
import { type Clock, systemClock } from '../clock.ts'
import { CredentialError, type ErrorCode, isCredentialError } from '../errors.ts'
import type { EncryptionProvider } from './encryption-provider.ts'
import { encodeHeader, headerFormat, parseHeader } from './header.ts'
import {
  type AuditKeySet,
  areSealedBy,
  newAuditKeySet,
  openAuditKeys,
  sealAuditKeys,
} from './header-audit-keys.ts'
import { newHeaderKey } from './header-key.ts'
import { type EncryptionKeys, ringOf } from './key-ring.ts'
import { KeyRingEncryption } from './key-ring-encryption.ts'
import type { OpenedKey } from './key-source.ts'
import { OpenedRing } from './opened-ring.ts'

/** The part of a store that keeps the header: the first three methods are the store's own. */
export interface HeaderStore {
  readHeader(): Promise<{ readonly version: number; readonly value: string } | undefined>
  /** @throws CredentialError ALREADY_EXISTS */
  createHeader(value: string): Promise<void>
  /** @throws CredentialError VERSION_CONFLICT */
  replaceHeader(value: string, expectedVersion: number): Promise<void>
  /** Whether the store holds no record of any tenant. */
  isEmpty(): Promise<boolean>
}

export interface OpenedEncryption {
  readonly provider: EncryptionProvider
  readonly auditKeys: AuditKeys
}

interface Opened {
  readonly keys: readonly OpenedKey[]
  readonly audit: AuditKeySet
}

const maxAttempts = 50

/**
 * Opens the keys of a store, once, before anything else is read or written: makes the header of an empty store, and
 * proves against an existing one that the keys are its own. Any number of processes may do so at once.
 *
 * Keys of the ring that the header does not know are added to it, provided another key of the ring is its own.
 * @throws CredentialError KEY_MISMATCH when a key is not the store's, or records are there but no header;
 * SCHEMA_MISMATCH when a newer release wrote the header; DECRYPTION_FAILED when the header was changed;
 * STORAGE_UNAVAILABLE when store or key service cannot be reached
 */
export async function openEncryption(
  keys: EncryptionKeys,
  store: HeaderStore,
  clock: Clock = systemClock,
): Promise<OpenedEncryption> {
  const ring = new OpenedRing(ringOf(keys), clock)
  let kept: readonly OpenedKey[] = []
  try {
    const opened = await openUntilSettled(ring, store)
    kept = opened.keys
    return {
      provider: new KeyRingEncryption(ring.currentKeyId, opened.keys),
      auditKeys: new AuditKeys(opened.audit.currentKeyId, opened.audit.keys),
    }
  } finally {
    await ring.closeAllBut(kept)
  }
}

async function openUntilSettled(ring: OpenedRing, store: HeaderStore): Promise<Opened> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const opened = (await openExisting(ring, store)) ?? (await createFirst(ring, store))
    if (opened !== undefined) return opened
  }
  throw new CredentialError(
    'STORAGE_UNAVAILABLE',
    `The store's header changed ${maxAttempts} times while it was being opened; try again`,
  )
}

/** Undefined when there is no header, or when another process replaced it meanwhile. */
async function openExisting(ring: OpenedRing, store: HeaderStore): Promise<Opened | undefined> {
  const stored = await store.readHeader()
  if (stored === undefined) return undefined
  const header = parseHeader(stored.value)
  const known = await ring.known(header)
  const audit = await openAuditKeys(header.audit, byId(known))
  const missing = await ring.missing(header)
  const keys = [...known, ...missing]
  if (missing.length === 0 && areSealedBy(header.audit, ring.currentKeyId)) return { keys, audit }

  const value = encodeHeader({
    format: headerFormat,
    keys: [...header.keys, ...(await Promise.all(missing.map(newHeaderKey)))],
    audit: await sealAuditKeys(audit, currentOf(ring, keys)),
  })
  const written = await unlessRefused('VERSION_CONFLICT', store.replaceHeader(value, stored.version))
  return written ? { keys, audit } : undefined
}

/** Undefined when there is a header, or when another process created one meanwhile. */
async function createFirst(ring: OpenedRing, store: HeaderStore): Promise<Opened | undefined> {
  if ((await store.readHeader()) !== undefined) return undefined
  const isEmpty = await store.isEmpty()
  if (!isEmpty) {
    // Another process may have created the header, and its first record, since the header was read.
    if ((await store.readHeader()) !== undefined) return undefined
    throw new CredentialError(
      'KEY_MISMATCH',
      'The store holds records but its header, which says what key they were sealed with, is missing. ' +
        'Restore the header from a backup; with a new one these records would never open again',
    )
  }
  const keys = await ring.missing()
  const audit = newAuditKeySet()
  const value = encodeHeader({
    format: headerFormat,
    keys: await Promise.all(keys.map(newHeaderKey)),
    audit: await sealAuditKeys(audit, currentOf(ring, keys)),
  })
  return (await unlessRefused('ALREADY_EXISTS', store.createHeader(value))) ? { keys, audit } : undefined
}

async function unlessRefused(code: ErrorCode, writing: Promise<void>): Promise<boolean> {
  try {
    await writing
    return true
  } catch (error) {
    if (isCredentialError(error, code)) return false
    throw error
  }
}

function currentOf(ring: OpenedRing, keys: readonly OpenedKey[]): OpenedKey {
  return byId(keys).get(ring.currentKeyId) as OpenedKey
}

function byId(keys: readonly OpenedKey[]): ReadonlyMap<string, OpenedKey> {
  return new Map(keys.map(key => [key.keyId, key]))
}
