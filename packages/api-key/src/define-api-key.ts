import { apiKeyToken, CredentialError, defineCredential, secret } from '@nebula-credential/core'
import { z } from 'zod'
import { pastedKey } from './api-key.ts'
import { type ApiKeyPlacement, apiKeyPlacement, bearerPlacement } from './api-key-placement.ts'

export interface ApiKeyDefinition<Type extends string> {
  readonly type: Type
  /** Where the service wants the key. Default: `Authorization: Bearer <key>`. Not stored, so it may change. */
  readonly placement?: ApiKeyPlacement
  /** What the service's keys look like, so that a wrong paste is refused at once. */
  readonly pattern?: RegExp
}

/**
 * A credential type for the keys of one service: a person supplies `key` alone.
 *
 * @throws CredentialError CONFIG_INVALID when the type's name or the placement is malformed
 * @example
 * export const weatherKey = defineApiKey({ type: 'weather_key', placement: { in: 'query', name: 'appid' } })
 */
export function defineApiKey<const Type extends string>({
  type,
  placement: given = bearerPlacement,
  pattern = /^/,
}: ApiKeyDefinition<Type>) {
  const placement = checkedPlacement(type, given)
  return defineCredential({
    type,
    input: z.strictObject({ key: secret(pastedKey.regex(pattern, `must look like a key of ${type}`)) }),
    state: z.object({ key: secret() }),
    token: apiKeyToken,
    initialize: ({ key }) => ({ key }),
    access: ({ key }) => ({ value: key, placement }),
  })
}

function checkedPlacement(type: string, placement: ApiKeyPlacement): ApiKeyPlacement {
  const checked = apiKeyPlacement.safeParse(placement)
  if (checked.success) return checked.data
  throw new CredentialError('CONFIG_INVALID', `The placement of the API key type "${type}" is malformed`, {
    issues: checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), reason: message })),
  })
}
