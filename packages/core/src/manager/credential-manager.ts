import type { AnchorSink } from '../audit/anchor-sink.ts'
import type { AuditSink } from '../audit/audit-sink.ts'
import type { Clock } from '../clock.ts'
import type { AnyCredential } from '../credential/credential.ts'
import type { EncryptionKeys } from '../encryption/key-ring.ts'
import { type Context, normalizeContext } from '../record/scope.ts'
import type { DistributedLock } from '../storage/distributed-lock.ts'
import type { Outbox } from '../storage/outbox.ts'
import type { StateStore } from '../storage/state-store.ts'
import type { TokenCache } from '../storage/token-cache.ts'
import { type BuiltRuntime, buildRuntime, type ManagerOptions } from './build-runtime.ts'
import { CredentialView } from './credential-view.ts'
import { OperatorView } from './operator-view.ts'
import type { RefreshPolicy } from './refresh-policy.ts'

/**
 * Holds credentials, and at any moment, in any process, hands out a token that is valid now or a client that works.
 * It is itself the view of the builder's `withContext`; {@link CredentialManager.as} is any other.
 *
 * @example
 * await using manager = await CredentialManager.builder()
 *   .withStorage(new MemoryStateStore())
 *   .withEncryption(passphraseKey(process.env.NEBULA_PASSPHRASE))
 *   .build()
 * const acme = manager.as({ tenantId: 'acme', actor: 'billing-worker' })
 */
export class CredentialManager<Known extends AnyCredential = never>
  extends CredentialView<Known>
  implements AsyncDisposable
{
  readonly #built: BuiltRuntime
  #closed: Promise<void> | undefined

  /** Made by {@link CredentialManager.builder}. */
  constructor(built: BuiltRuntime, context: Context | undefined) {
    super(built.runtime, context && normalizeContext(context))
    this.#built = built
  }

  static builder(): CredentialManagerBuilder {
    return new CredentialManagerBuilder({ credentials: [] }, undefined)
  }

  /** The view of a context. The host program vouches for who asks. @throws CredentialError INPUT_INVALID */
  as(context: Context): CredentialView<Known> {
    return new CredentialView(this.#built.runtime, normalizeContext(context))
  }

  /** The operator's work, under the operator's name. */
  operator(actor: string): OperatorView {
    const { actor: name } = normalizeContext({ tenantId: 'operator', actor })
    // No tenant can have this id, so that an operator's events stand in chains of their own.
    return new OperatorView(this.#built.runtime, { tenantId: '', actor: name })
  }

  /** Makes a further credential type known. @throws CredentialError ALREADY_EXISTS for another one of its name */
  registerCredential(definition: AnyCredential): void {
    this.#built.runtime.registry.register(definition)
  }

  /**
   * Ends all work under way, writes what the audit still holds, and closes store, cache, lock, outbox and audit
   * sink, also those that were given to the builder. Calling it again does nothing more.
   */
  close(): Promise<void> {
    this.#closed ??= this.#built.close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** What a builder still lacks: `build` is callable when nothing is left. */
export type Lacking = 'storage' | 'encryption'

/**
 * Gathers what a manager is made of. Immutable: each method returns a new builder.
 * A store's own companions stand in for the lock, the audit sink and the outbox where none is given.
 */
export class CredentialManagerBuilder<Lacks extends Lacking = Lacking, Known extends AnyCredential = never> {
  declare readonly lacks: Lacks
  readonly #options: ManagerOptions
  readonly #context: Context | undefined

  /** Made by `CredentialManager.builder()`. */
  constructor(options: ManagerOptions, context: Context | undefined) {
    this.#options = options
    this.#context = context
  }

  /** Where credentials are kept. Required. */
  withStorage(storage: StateStore): CredentialManagerBuilder<Exclude<Lacks, 'storage'>, Known> {
    return this.#with({ storage })
  }

  /** The keys that seal them. Required: there is no mode without. */
  withEncryption(encryption: EncryptionKeys): CredentialManagerBuilder<Exclude<Lacks, 'encryption'>, Known> {
    return this.#with({ encryption })
  }

  /** A cache of sealed tokens that processes share. Default: none. */
  withCache(cache: TokenCache): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ cache })
  }

  /** Default: the store's own. */
  withLock(lock: DistributedLock): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ lock })
  }

  /** Default: the store's own. */
  withAudit(audit: AuditSink): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ audit })
  }

  /** Where the heads of the audit's chains are kept outside the store. Default: nowhere. */
  withAnchors(anchors: AnchorSink): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ anchors })
  }

  /** Default: the store's own. */
  withOutbox(outbox: Outbox): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ outbox })
  }

  /** Changes some numbers of the {@link RefreshPolicy}. */
  withPolicy(policy: Partial<RefreshPolicy>): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ policy })
  }

  /** The context that the manager itself works in, for programs with one tenant. Default: none. */
  withContext(context: Context): CredentialManagerBuilder<Lacks, Known> {
    return new CredentialManagerBuilder(this.#options, context)
  }

  /** Default: the machine's clock. */
  withClock(clock: Clock): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ clock })
  }

  /** What credential types send their requests with. Default: the guarded fetch of `@nebula-credential/outbound`. */
  withFetch(fetch: typeof globalThis.fetch): CredentialManagerBuilder<Lacks, Known> {
    return this.#with({ fetch })
  }

  /** The credential types that stored credentials may be of. */
  withCredentials<Definitions extends readonly AnyCredential[]>(
    ...definitions: Definitions
  ): CredentialManagerBuilder<Lacks, Known | Definitions[number]> {
    return this.#with({ credentials: [...this.#options.credentials, ...definitions] })
  }

  /**
   * Opens the store with its keys. When it fails it closes nothing, so that it can be tried again.
   *
   * @throws CredentialError CONFIG_INVALID naming what is missing; KEY_MISMATCH when the keys are not the store's,
   * which is then untouched; SCHEMA_MISMATCH; STORAGE_UNAVAILABLE
   */
  async build(this: CredentialManagerBuilder<never, Known>): Promise<CredentialManager<Known>> {
    return new CredentialManager(await buildRuntime(this.#options), this.#context)
  }

  #with<Next extends Lacking, All extends AnyCredential>(
    change: Partial<ManagerOptions>,
  ): CredentialManagerBuilder<Next, All> {
    return new CredentialManagerBuilder({ ...this.#options, ...change }, this.#context)
  }
}
