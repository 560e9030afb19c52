import type { AccessToken } from '../credential/token-kind.ts'
import { fixedSource, type TokenSource } from '../credential/token-source.ts'
import { CredentialError } from '../errors.ts'
import type { ClientAuthenticator } from './client-authenticator.ts'

/** The target argument: left out where the authenticator makes its client from nothing. */
export type TargetArgument<Target> = [Target] extends [void] ? [] : [target: Target]

/**
 * Puts a token, or a source of tokens, into a client.
 *
 * A live authenticator given a source makes a client that never goes stale; every other pair makes one that is good
 * as long as the token is.
 *
 * @throws CredentialError TYPE_MISMATCH when the token is of another kind than the authenticator takes
 * @example
 * const request = await authenticateWith(httpBearer, token, new Request('https://api.example.com/me'))
 */
export async function authenticateWith<Target, Client, Token extends AccessToken>(
  authenticator: ClientAuthenticator<Target, Client, Token>,
  credential: Token | TokenSource<Token>,
  ...[target]: TargetArgument<Target>
): Promise<Client> {
  if (authenticator.live) {
    const source = isTokenSource(credential) ? credential : fixedSource(checkKind(authenticator, credential))
    return authenticator.authenticate(target as Target, source)
  }
  const token = isTokenSource(credential) ? await credential.getToken() : credential
  return authenticator.authenticate(target as Target, checkKind(authenticator, token))
}

/** The token, when it is of the kind the authenticator takes. @throws CredentialError TYPE_MISMATCH */
export function checkKind<Token extends AccessToken>(
  authenticator: { readonly name: string; readonly kind: Token['kind'] },
  token: Token,
): Token {
  if (token.kind === authenticator.kind) return token
  const given =
    token.kind === undefined ? 'something that is no token; await getToken(id)' : `"${token.kind}"`
  throw new CredentialError(
    'TYPE_MISMATCH',
    `Authenticator "${authenticator.name}" takes tokens of kind "${authenticator.kind}", not ${given}`,
  )
}

/** Whether it hands out tokens, rather than being one. */
export function isTokenSource<Token extends AccessToken>(
  value: Token | TokenSource<Token>,
): value is TokenSource<Token> {
  return 'getToken' in value
}
