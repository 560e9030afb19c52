export {
  type Action,
  type ActionContext,
  type ActionDefinition,
  type ClientsOf,
  defineAction,
  type IdsOf,
  type Need,
  type Needs,
  needs,
  needsToken,
} from './action/define-action.ts'
export { defineStream, type StreamAction, type StreamDefinition } from './action/define-stream.ts'
export type { Anchor, AnchorSink } from './audit/anchor-sink.ts'
export { assertFollows } from './audit/audit-append.ts'
export type { AuditAction, AuditEvent, AuditOutcome } from './audit/audit-event.ts'
export type { AuditFinding, AuditFindingKind } from './audit/audit-finding.ts'
export { AuditKeys } from './audit/audit-keys.ts'
export { AuditLog, type AuditLogOptions, type AuditPolicy, defaultAuditPolicy } from './audit/audit-log.ts'
export type { AuditAppend, AuditEntry, AuditSink, ChainHead } from './audit/audit-sink.ts'
export { callbackAnchorSink } from './audit/callback-anchor-sink.ts'
export type { CountedEvent } from './audit/event-counts.ts'
export type { RecordedEvent } from './audit/event-text.ts'
export { FileAnchorSink } from './audit/file-anchor-sink.ts'
export { MemoryAuditBackend, MemoryAuditSink } from './audit/memory-audit-sink.ts'
export {
  type AuditedGeneration,
  auditedGenerations,
  type ReadAuditOptions,
  readAudit,
} from './audit/read-audit.ts'
export { type AuditReport, type VerifyAuditOptions, verifyAudit } from './audit/verify-audit.ts'
export { authenticateWith, type TargetArgument } from './authenticator/authenticate-with.ts'
export { type AuthenticatedFetchOptions, authenticatedFetch } from './authenticator/authenticated-fetch.ts'
export { chain, type Link, type LinkUse, link } from './authenticator/chain.ts'
export type {
  ClientAuthenticator,
  LiveAuthenticator,
  SnapshotAuthenticator,
} from './authenticator/client-authenticator.ts'
export { apiKeyHeader, basicAuth, httpBearer } from './authenticator/http.ts'
export { type Clock, systemClock } from './clock.ts'
export type {
  Account,
  AnyCredential,
  AnyInteractive,
  Authorized,
  BegunInteraction,
  Credential,
  CredentialEnvironment,
  GivenOf,
  Interaction,
  Interactive,
  InteractiveCredential,
  NotYet,
  Permissions,
  RefreshCapability,
  RotatableCredential,
  TokenOfCredential,
  Verification,
} from './credential/credential.ts'
export { type CredentialDefinition, defineCredential } from './credential/define-credential.ts'
export {
  ProviderFailure,
  type ProviderFailureKind,
  type ProviderFailureOptions,
} from './credential/provider-failure.ts'
export { CredentialRegistry } from './credential/registry.ts'
export {
  type AccessToken,
  type ApiKeyToken,
  apiKeyToken,
  type BasicToken,
  type BearerToken,
  basicToken,
  bearerToken,
  type TokenFields,
  type TokenKind,
  type TokenOf,
  tokenKind,
} from './credential/token-kind.ts'
export { fixedSource, type TokenRequest, type TokenSource } from './credential/token-source.ts'
export type { EncryptionProvider } from './encryption/encryption-provider.ts'
export { type EnvelopeKeyOptions, envelopeKey } from './encryption/envelope-key.ts'
export { type EncryptionKeys, type KeyRing, keyRing } from './encryption/key-ring.ts'
export type { Argon2Parameters, KeyParameters, KeySource, OpenedKey } from './encryption/key-source.ts'
export type { KeyWrapper } from './encryption/key-wrapper.ts'
export { type HeaderStore, type OpenedEncryption, openEncryption } from './encryption/open-encryption.ts'
export { type PassphraseKeyOptions, passphraseKey } from './encryption/passphrase-key.ts'
export { type RawKeyOptions, rawKey } from './encryption/raw-key.ts'
export {
  CredentialError,
  type CredentialErrorOptions,
  type ErrorCode,
  errorCodes,
  type InputIssue,
  isCredentialError,
  type Responder,
} from './errors.ts'
export type { Authorization, AuthorizationOptions } from './manager/authorization/begin-authorization.ts'
export { CredentialManager, CredentialManagerBuilder, type Lacking } from './manager/credential-manager.ts'
export { CredentialView, type TokenOfId } from './manager/credential-view.ts'
export type { CreateOptions } from './manager/lifecycle/create-credential.ts'
export type { CredentialDescription, CredentialSummary } from './manager/lifecycle/describe-credential.ts'
export type { CredentialPage, ListedCredential, ListOptions } from './manager/lifecycle/list-credentials.ts'
export type { RevokeReport } from './manager/lifecycle/revoke-credential.ts'
export type { UpdateChanges } from './manager/lifecycle/update-credential.ts'
export type { VerificationReport } from './manager/lifecycle/verify-credential.ts'
export { OperatorView, type RollBack } from './manager/operator-view.ts'
export { defaultRefreshPolicy, type RefreshPolicy } from './manager/refresh-policy.ts'
export type { RunOptions } from './manager/run-action.ts'
export { type CanonicalField, encodeCanonical } from './record/canonical.ts'
export type { CoolOff, FailureKind } from './record/cool-off.ts'
export type {
  CredentialRecord,
  Failure,
  RecordMetadata,
  RecordSummary,
  RefreshIntent,
  SealedFields,
} from './record/credential-record.ts'
export { type CredentialId, credentialKey, parseCredentialId } from './record/ids.ts'
export {
  type LifecycleParts,
  type LifecycleState,
  lifecycle,
  type Rotation,
  type StoredStatus,
} from './record/lifecycle.ts'
export type { Context, Scope, ScopeWithinTenant, Share } from './record/scope.ts'
export { disposeSecrets, Ephemeral } from './secret/ephemeral.ts'
export { lentSecret, secret } from './secret/secret-schema.ts'
export { LentSecret, lend, type Secret, SecretString } from './secret/secret-string.ts'
export {
  type AcquireOptions,
  type DistributedLock,
  defaultLeaseTiming,
  type Lease,
  type LeaseTiming,
} from './storage/distributed-lock.ts'
export { FileOutbox } from './storage/file-outbox.ts'
export type { Invalidation, InvalidationMessage } from './storage/invalidation.ts'
export { LeaseRenewal, type LeaseRenewalOptions } from './storage/lease-renewal.ts'
export {
  decodeCursor,
  encodeCursor,
  type ListPosition,
  type ListRequest,
  readListRequest,
} from './storage/list-request.ts'
export { MemoryBackend, type MemoryBackendOptions } from './storage/memory-backend.ts'
export { MemoryDistributedLock } from './storage/memory-distributed-lock.ts'
export { MemoryInvalidation } from './storage/memory-invalidation.ts'
export { MemoryOutbox } from './storage/memory-outbox.ts'
export { MemoryStateStore } from './storage/memory-state-store.ts'
export { MemoryTokenCache, type MemoryTokenCacheOptions } from './storage/memory-token-cache.ts'
export { assertNewRecord } from './storage/new-record.ts'
export { OpenState } from './storage/open-state.ts'
export type { Outbox, OutboxEntry } from './storage/outbox.ts'
export type {
  ListFilter,
  ListPage,
  Page,
  RecordChange,
  RecordKey,
  StateStore,
  StoredHeader,
} from './storage/state-store.ts'
export { storedShares, storedTags } from './storage/stored-scope.ts'
export type { CachedToken, TokenCache } from './storage/token-cache.ts'
export { Turns } from './storage/turns.ts'
