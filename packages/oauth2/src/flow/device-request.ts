import { type NotYet, ProviderFailure, SecretString, secret } from '@nebula-credential/core'
import { initiateDeviceAuthorization } from 'openid-client'
import { z } from 'zod'
import { inStandardWords } from '../token-endpoint/dialect.ts'
import { rememberErrorCode } from '../token-endpoint/error-code.ts'
import type { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import type { TokenResponse } from '../token-endpoint/token-set.ts'
import { requestParameters } from './authorization-request.ts'
import type { FlowConfig } from './flow-config.ts'

/** What a person needs to enter the code. */
const deviceCode = z.object({
  userCode: z.string(),
  verificationUri: z.string(),
  verificationUriComplete: z.string().optional(),
  intervalMs: z.number(),
  /** Epoch ms. */
  expiresAt: z.number(),
})
export type DeviceCode = z.output<typeof deviceCode>

/** A device authorization request, until the person has entered its code. */
export const pendingDevice = z.object({
  kind: z.literal('device'),
  code: deviceCode,
  deviceCode: secret(),
  dpopKey: secret().optional(),
})
export type PendingDevice = z.output<typeof pendingDevice>

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
const defaultIntervalS = 5
const slowDownMs = 5_000

/** RFC 8628 section 3.1. @throws ProviderFailure; CredentialError CONFIG_INVALID where the server has no such endpoint */
export async function deviceRequest(
  endpoint: TokenEndpoint,
  config: FlowConfig,
  given: { readonly startedAt: number; readonly dpopKey: SecretString | undefined },
): Promise<PendingDevice> {
  const url = endpoint.metadata.device_authorization_endpoint
  // Providers that name their token errors in words of their own do so here too.
  const read = (response: Response) => inStandardWords(endpoint.dialect, response, () => {})
  const answer = await endpoint.ask({ endpoint: url ?? endpoint.url, read }, configuration =>
    initiateDeviceAuthorization(configuration, requestParameters(config)),
  )
  return {
    kind: 'device',
    code: {
      userCode: answer.user_code,
      verificationUri: answer.verification_uri,
      ...(answer.verification_uri_complete !== undefined && {
        verificationUriComplete: answer.verification_uri_complete,
      }),
      intervalMs: (answer.interval ?? defaultIntervalS) * 1000,
      expiresAt: given.startedAt + answer.expires_in * 1000,
    },
    deviceCode: SecretString.from(answer.device_code),
    ...(given.dpopKey && { dpopKey: given.dpopKey }),
  }
}

/**
 * Asks once whether the person is done, RFC 8628 section 3.4. An answer that was lost is transient: asking again with
 * the same code is what the RFC has clients do, and nobody else has seen what the lost answer held.
 * @throws ProviderFailure
 */
export async function pollDevice(
  endpoint: TokenEndpoint,
  config: FlowConfig,
  pending: PendingDevice,
): Promise<TokenResponse | NotYet> {
  const { code, read } = rememberErrorCode()
  try {
    const { resource, parameters } = config
    return await endpoint.grant(
      grantType,
      { device_code: pending.deviceCode.expose() },
      { resource, parameters },
      read,
    )
  } catch (error) {
    if (code() === 'authorization_pending') return { retryAfterMs: pending.code.intervalMs }
    if (code() === 'slow_down') return { retryAfterMs: pending.code.intervalMs, slowerByMs: slowDownMs }
    throw repeatable(error)
  }
}

function repeatable(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'unknown') return error
  const { message, cause, retryAt, peerDown } = error
  return new ProviderFailure('transient', message, { cause, retryAt, peerDown })
}
