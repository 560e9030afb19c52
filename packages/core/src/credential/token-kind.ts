import { z } from 'zod'
import { lentSecret } from '../secret/secret-schema.ts'
import { lend, SecretString } from '../secret/secret-string.ts'

/** Short-lived material that proves who calls. An open family: packages declare further kinds with {@link tokenKind}. */
export interface AccessToken<Kind extends string = string> {
  readonly kind: Kind
  /** Epoch ms at which the service stops accepting it; undefined when it does not expire. */
  readonly expiresAt?: number | undefined
  /** When the service asks for a refresh, in epoch ms. */
  readonly refreshAt?: number | undefined
  /** When it was obtained, in epoch ms: the start of the request that returned it. */
  readonly obtainedAt?: number | undefined
  /** The credential's generation that it was derived from. */
  readonly generation: number
}

/** What a credential type's `access` returns: a token without what the manager adds. */
export type TokenFields<Token extends AccessToken> = Omit<Token, 'kind' | 'generation'>

/** One kind of access token: its name, its fields, and how it is written in a cache. */
export interface TokenKind<Token extends AccessToken = AccessToken> {
  readonly kind: Token['kind']
  /** A frozen token; secrets of the state are lent, so that they outlive it. */
  mint(fields: TokenFields<Token>, generation: number): Token
  /** The token as JSON text **with its secrets in clear**, for sealing only. */
  serialize(token: Token): string
  /** The token of a serialised text. @throws ZodError */
  parse(text: string): Token
}

const commonShape = {
  expiresAt: z.number().optional(),
  refreshAt: z.number().optional(),
  obtainedAt: z.number().optional(),
  generation: z.number(),
}

/**
 * Declares a kind of access token. Mark secret fields with {@link lentSecret}.
 *
 * @example
 * const basic = tokenKind('basic', { username: z.string(), password: lentSecret() })
 * type BasicToken = TokenOf<typeof basic>
 */
export function tokenKind<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
): TokenKind<AccessToken<Kind> & Readonly<z.output<z.ZodObject<Shape>>>> {
  type Token = AccessToken<Kind> & Readonly<z.output<z.ZodObject<Shape>>>
  const schema = z.object({ kind: z.literal(kind), ...commonShape, ...shape })
  return {
    kind: kind as Token['kind'],
    mint(fields, generation) {
      const token: Record<string, unknown> = { kind }
      for (const [name, value] of Object.entries(fields)) {
        if (value !== undefined) token[name] = value instanceof SecretString ? lend(value) : value
      }
      token.generation = generation
      return Object.freeze(token) as unknown as Token
    },
    serialize: token => JSON.stringify(z.encode(schema, token as never)),
    parse: text => Object.freeze(z.decode(schema, JSON.parse(text) as never)) as unknown as Token,
  }
}

/** The access token of a kind. */
export type TokenOf<Kind> = Kind extends TokenKind<infer Token> ? Token : never

/** A bearer token, RFC 6750. */
export const bearerToken = tokenKind('bearer', {
  value: lentSecret(),
  /** What the authorization server granted, where it said so (RFC 6749 section 3.3). */
  scope: z.string().optional(),
})
export type BearerToken = TokenOf<typeof bearerToken>

/** A key that a service hands out, sent in a header or a query parameter. */
export const apiKeyToken = tokenKind('api-key', {
  value: lentSecret(),
  /** Where the service wants it. Default: left to the authenticator. */
  placement: z
    .discriminatedUnion('in', [
      z.object({ in: z.literal('header'), name: z.string(), prefix: z.string().optional() }),
      z.object({ in: z.literal('query'), name: z.string() }),
    ])
    .optional(),
})
export type ApiKeyToken = TokenOf<typeof apiKeyToken>

/** A user name and password, RFC 7617. */
export const basicToken = tokenKind('basic', { username: z.string(), password: lentSecret() })
export type BasicToken = TokenOf<typeof basicToken>
