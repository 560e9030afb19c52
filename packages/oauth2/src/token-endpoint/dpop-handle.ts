import type { Secret } from '@nebula-credential/core'
import {
  type Configuration,
  type CustomFetch,
  customFetch,
  type DPoPHandle,
  getDPoPHandle,
  modifyAssertion,
} from 'openid-client'
import { dpopKeyPair, dpopThumbprint } from './dpop-key.ts'
import { DpopNonces } from './dpop-nonces.ts'
import { rememberErrorCode } from './error-code.ts'

// The library keeps them too, but in its handle, with the private key.
const nonces = new DpopNonces(1_000)

/**
 * Proofs by a stored key for the requests of a configuration, whose fetch must be set. They say the newest nonce that
 * the server has given this process for the key, RFC 9449 section 8.2, so that no request is refused for want of it.
 */
export async function dpopHandle(configuration: Configuration, key: Secret): Promise<DPoPHandle> {
  const thumbprint = await dpopThumbprint(key)
  const send = configuration[customFetch] as CustomFetch
  configuration[customFetch] = async (url, options) => {
    const context = { url, thumbprint }
    const response = await send(url, options)
    // A server may say this of a nonce that has ended, instead of use_dpop_nonce: the next proof does without.
    if (await isProofRefused(response)) nonces.forget(context)
    nonces.keep(context, response)
    return response
  }
  return getDPoPHandle(configuration, await dpopKeyPair(key), {
    [modifyAssertion](_header, claims) {
      claims.nonce ??= nonces.newest({ url: String(claims.htu), thumbprint })
    },
  })
}

async function isProofRefused(response: Response): Promise<boolean> {
  const challenge = response.headers.get('www-authenticate') ?? ''
  if (/\berror="?invalid_dpop_proof\b/.test(challenge)) return true
  if (response.status !== 400) return false
  const { code, read } = rememberErrorCode()
  await read(response)
  return code() === 'invalid_dpop_proof'
}
