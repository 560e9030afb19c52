import {
  type AnyCredential,
  CredentialManager,
  MemoryBackend,
  MemoryStateStore,
  rawKey,
} from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { type AuthorizationServer, startAuthorizationServer } from 'authorization-server'
import { onTestFinished } from 'vitest'

export const certificateMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const
export type CertificateMethod = (typeof certificateMethods)[number]

/** A real authorization server by https, with a client of each way to authenticate by a certificate. */
export class CertificateStage implements AsyncDisposable {
  readonly server: AuthorizationServer
  readonly #certificates: NonNullable<AuthorizationServer['certificates']>

  private constructor(
    server: AuthorizationServer,
    certificates: NonNullable<AuthorizationServer['certificates']>,
  ) {
    this.server = server
    this.#certificates = certificates
  }

  static async open(): Promise<CertificateStage> {
    const server = await startAuthorizationServer({ tls: true })
    if (server.certificates === undefined) throw new Error('The server has no certificates')
    return new CertificateStage(server, server.certificates)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
  }

  /** A fetch that trusts the server. */
  trusting(): typeof globalThis.fetch {
    return guardedFetch({
      allow: ['127.0.0.1'],
      certificateAuthorities: [this.#certificates.authority],
    })
  }

  client<const Method extends CertificateMethod>(authentication: Method) {
    const { client, selfSigned } = this.#certificates
    const [id, { certificate, privateKey }] =
      authentication === 'tls_client_auth' ? ['tls', client] : ['self-signed-tls', selfSigned]
    return { authentication, id, certificate, privateKey }
  }

  async manager(
    credentials: readonly AnyCredential[],
    { fetch = this.trusting(), backend = new MemoryBackend() } = {},
  ) {
    const manager = await CredentialManager.builder()
      .withStorage(new MemoryStateStore(backend))
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(...credentials)
      .withContext({ tenantId: 'acme', actor: 'test' })
      .withFetch(fetch)
      .build()
    onTestFinished(() => manager.close())
    return manager
  }
}
