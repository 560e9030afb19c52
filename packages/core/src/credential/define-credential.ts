import type { z } from 'zod'
import { CredentialError } from '../errors.ts'
import { assertTypeName, type CredentialId, parseCredentialId, typeOfId } from '../record/ids.ts'
import type {
  Credential,
  CredentialEnvironment,
  Permissions,
  RefreshCapability,
  Verification,
} from './credential.ts'
import type { AccessToken, TokenFields, TokenKind } from './token-kind.ts'

/** What {@link defineCredential} takes; everything else is inferred from the schemas. */
export interface CredentialDefinition<
  Type extends string,
  InputSchema extends z.ZodType,
  StateSchema extends z.ZodType,
  Token extends AccessToken,
  Fields extends TokenFields<Token> = TokenFields<Token>,
> {
  readonly type: Type
  readonly input: InputSchema
  readonly state: StateSchema
  readonly stateVersion?: number
  readonly migrate?: Readonly<Record<number, (json: never) => unknown>>
  readonly token: TokenKind<Token>
  initialize(
    input: z.output<InputSchema>,
    environment: CredentialEnvironment,
  ): z.output<StateSchema> | Promise<z.output<StateSchema>>
  access(state: z.output<StateSchema>): Fields
  readonly refresh?: RefreshCapability<z.output<StateSchema>>
  verify?(
    token: Token,
    environment: CredentialEnvironment,
    state: z.output<StateSchema>,
  ): Promise<Verification>
  revoke?(state: z.output<StateSchema>, environment: CredentialEnvironment): Promise<void>
  permissions?(state: z.output<StateSchema>): Permissions | undefined
}

/**
 * Makes a credential type.
 *
 * @throws CredentialError CONFIG_INVALID when the type's name is malformed or a migration step is missing
 * @example
 * export const chatBot = defineCredential({
 *   type: 'chat_bot',
 *   input: z.object({ botToken: secret() }),
 *   state: z.object({ botToken: secret() }),
 *   token: bearerToken,
 *   initialize: ({ botToken }) => ({ botToken }),
 *   access: ({ botToken }) => ({ value: botToken }),
 * })
 */
export function defineCredential<
  const Type extends string,
  InputSchema extends z.ZodType,
  StateSchema extends z.ZodType,
  Token extends AccessToken,
  // Its own parameter, and const, so that literals stay what the token's kind allows: `{ in: 'header' }`.
  const Fields extends TokenFields<Token>,
  Extra extends object = object,
>(
  definition: CredentialDefinition<Type, InputSchema, StateSchema, Token, Fields> & Extra,
): Credential<z.input<InputSchema>, z.output<InputSchema>, z.output<StateSchema>, Token, Type> & Extra {
  assertTypeName(definition.type)
  const stateVersion = definition.stateVersion ?? 1
  const migrate = definition.migrate ?? {}
  for (let version = 1; version < stateVersion; version++) {
    if (migrate[version] === undefined) {
      throw new CredentialError(
        'CONFIG_INVALID',
        `Credential type "${definition.type}" has state version ${stateVersion} but no migration from ${version}`,
      )
    }
  }
  return Object.freeze({
    ...definition,
    stateVersion,
    migrate,
    id: (text: string) => typedId<Token, z.input<InputSchema>>(definition.type, text),
  }) as never
}

function typedId<Token, Given>(type: string, text: string): CredentialId<Token, Given> {
  const id = parseCredentialId(text)
  if (typeOfId(id) !== type) {
    throw new CredentialError('TYPE_MISMATCH', `Credential ${id} is not of type "${type}"`, {
      credentialId: id,
    })
  }
  return id as CredentialId<Token, Given>
}
