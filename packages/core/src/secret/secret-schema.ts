import { z } from 'zod'
import { lend, type Secret, SecretString } from './secret-string.ts'

/**
 * A zod codec that marks a field as secret: a string outside, a {@link SecretString} once decoded.
 * Pass a string schema to constrain it; its refusals are reported by path and reason, never by value.
 *
 * @example
 * z.object({ botToken: secret(z.string().regex(/^\d+:/)) })
 */
export function secret(text: z.ZodType<string, string> = z.string().min(1)) {
  return z.codec(
    text,
    z.custom<SecretString>(value => value instanceof SecretString),
    {
      decode: value => SecretString.from(value),
      encode: value => value.expose(),
    },
  )
}

/** As {@link secret}, for the fields of an access token: decodes to a shared {@link Secret} that is never zeroed. */
export function lentSecret() {
  return z.codec(z.string().min(1), z.custom<Secret>(isSecret), {
    decode: (value): Secret => lend(value),
    encode: value => value.expose(),
  })
}

function isSecret(value: unknown): value is Secret {
  return (
    typeof value === 'object' && value !== null && 'expose' in value && typeof value.expose === 'function'
  )
}
