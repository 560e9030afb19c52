import { z } from 'zod'
import type { Account, AnyCredential } from '../../credential/credential.ts'
import type { CredentialRegistry } from '../../credential/registry.ts'
import type { AccessToken } from '../../credential/token-kind.ts'
import { associatedData, type SealPurpose } from '../../encryption/associated-data.ts'
import type { EncryptionProvider } from '../../encryption/encryption-provider.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { SealedFields } from '../../record/credential-record.ts'
import type { StoredStatus } from '../../record/lifecycle.ts'
import type { PendingFlow } from './pending-flow.ts'

/** What is sealed in a record: the state, and whose account it is. */
export interface SealedState {
  /** The decoded state; undefined once a revoked credential's secret is erased. */
  readonly state: unknown
  readonly account?: Account | undefined
  /** What a connection under way has yet to be completed with. */
  readonly flow?: PendingFlow | undefined
  /** The digest of the flow that made this state, or was to make it: it is not to be used again. */
  readonly usedFlow?: string | undefined
}

interface SealedJson extends Pick<SealedState, 'account' | 'flow' | 'usedFlow'> {
  readonly state?: unknown
  readonly stateVersion?: number
}

// A record without a state of its own cannot be passed off as one that has it.
const purposeOf = (status: StoredStatus): SealPurpose =>
  status === 'pending' || status === 'authenticating' ? 'flow' : 'state'

// Once a record is no longer pending, its flow can only be recognised, not completed.
const withoutFlow = ({ flow, ...kept }: SealedState): SealedState =>
  flow === undefined ? kept : { ...kept, usedFlow: flow.stateDigest }

// An outbox entry must open whatever became of the scope, shares and status since it was put there.
const outboxFields = (fields: SealedFields): SealedFields => ({
  ...fields,
  scope: { tenantId: fields.scope.tenantId },
  shares: [],
  status: 'active',
  stateVersion: 0,
})

/** Turns states and tokens into ciphertext bound to their record, and back. */
export class StateSealer {
  readonly #encryption: EncryptionProvider
  readonly #registry: CredentialRegistry

  constructor(encryption: EncryptionProvider, registry: CredentialRegistry) {
    this.#encryption = encryption
    this.#registry = registry
  }

  async seal(fields: SealedFields, sealed: SealedState): Promise<Uint8Array> {
    const kept = fields.status === 'pending' ? sealed : withoutFlow(sealed)
    return this.#encrypt(this.#encode(fields.type, kept), associatedData(purposeOf(fields.status), fields))
  }

  /**
   * The state of a record, migrated to its type's newest version; at once where the keys are local. The caller
   * disposes of its secrets.
   * @throws CredentialError DECRYPTION_FAILED, SCHEMA_MISMATCH, CONFIG_INVALID for an unregistered type
   */
  open(record: SealedFields & { readonly state: Uint8Array }): SealedState | Promise<SealedState> {
    const data = associatedData(purposeOf(record.status), record)
    const opened = this.#decrypt(record.state, data, record.id)
    return opened instanceof Promise
      ? opened.then(json => this.#decode(record, record.stateVersion, json))
      : this.#decode(record, record.stateVersion, opened)
  }

  /** What a record tells of a flow, without its state. @throws CredentialError DECRYPTION_FAILED */
  async openFlow(
    record: SealedFields & { readonly state: Uint8Array },
  ): Promise<Pick<SealedState, 'flow' | 'usedFlow'>> {
    const data = associatedData(purposeOf(record.status), record)
    const { flow, usedFlow } = await this.#decrypt(record.state, data, record.id)
    return { flow, usedFlow }
  }

  /** Seals a refreshed state for the outbox. `fields.generation` is the one the refresh started from. */
  async sealForOutbox(fields: SealedFields, sealed: SealedState): Promise<Uint8Array> {
    return this.#encrypt(this.#encode(fields.type, sealed), associatedData('outbox', outboxFields(fields)))
  }

  async openFromOutbox(fields: SealedFields, bytes: Uint8Array): Promise<SealedState> {
    const json = await this.#decrypt(bytes, associatedData('outbox', outboxFields(fields)), fields.id)
    return this.#decode(fields, json.stateVersion ?? 1, json)
  }

  async sealToken(fields: SealedFields, token: AccessToken): Promise<Uint8Array> {
    const text = this.#registry.get(fields.type).token.serialize(token)
    return this.#encrypt(Buffer.from(text), associatedData('token', fields))
  }

  async openToken(fields: SealedFields, sealed: Uint8Array): Promise<AccessToken> {
    const plaintext = await this.#open(sealed, associatedData('token', fields), fields.id)
    try {
      return this.#registry.get(fields.type).token.parse(textOf(plaintext))
    } finally {
      plaintext.fill(0)
    }
  }

  #encode(type: string, { state, account, flow, usedFlow }: SealedState): Buffer {
    const definition = this.#registry.get(type)
    const json: SealedJson = {
      ...(state !== undefined && {
        state: z.encode(definition.state, state),
        stateVersion: definition.stateVersion,
      }),
      ...(account !== undefined && { account }),
      ...(flow !== undefined && { flow }),
      ...(usedFlow !== undefined && { usedFlow }),
    }
    return Buffer.from(JSON.stringify(json))
  }

  #decode(fields: SealedFields, stateVersion: number, json: SealedJson): SealedState {
    const { account, flow, usedFlow } = json
    const besides = { account, ...(flow && { flow }), ...(usedFlow && { usedFlow }) }
    if (json.state === undefined) return { state: undefined, ...besides }
    const definition = this.#registry.get(fields.type)
    const migrated = migrate(definition, json.state, stateVersion, fields.id)
    const decoded = z.safeDecode(definition.state, migrated as never)
    if (!decoded.success) {
      throw new CredentialError(
        'SCHEMA_MISMATCH',
        `The stored state of credential ${fields.id} does not fit the schema of type "${fields.type}"; add a migration or connect it again`,
        { credentialId: fields.id },
      )
    }
    return { state: decoded.data, ...besides }
  }

  async #encrypt(plaintext: Buffer, data: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#encryption.encrypt(plaintext, data)
    } finally {
      plaintext.fill(0)
    }
  }

  #decrypt(sealed: Uint8Array, data: Uint8Array, id: string): SealedJson | Promise<SealedJson> {
    const opened = this.#open(sealed, data, id)
    // A local key has opened it already: there is nothing to wait for.
    return opened instanceof Promise ? opened.then(parseAndZero) : parseAndZero(opened)
  }

  #open(sealed: Uint8Array, data: Uint8Array, id: string): Uint8Array | Promise<Uint8Array> {
    try {
      const opened = this.#encryption.decrypt(sealed, data)
      return opened instanceof Promise ? opened.catch(error => refuse(error, id)) : opened
    } catch (error) {
      return refuse(error, id)
    }
  }
}

function parseAndZero(plaintext: Uint8Array): SealedJson {
  try {
    return JSON.parse(textOf(plaintext))
  } finally {
    plaintext.fill(0)
  }
}

function refuse(error: unknown, id: string): never {
  if (!isCredentialError(error, 'DECRYPTION_FAILED')) throw error
  throw new CredentialError(
    'DECRYPTION_FAILED',
    `Credential ${id} does not decrypt: its record was changed or damaged outside this program`,
    { cause: error, credentialId: id },
  )
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

function migrate(definition: AnyCredential, json: unknown, from: number, id: string): unknown {
  if (from > definition.stateVersion) {
    throw new CredentialError(
      'SCHEMA_MISMATCH',
      `Credential ${id} was written by a newer release of type "${definition.type}"; upgrade this process`,
      { credentialId: id },
    )
  }
  let migrated = json
  for (let version = from; version < definition.stateVersion; version++) {
    migrated = definition.migrate[version]?.(migrated as never)
  }
  return migrated
}
