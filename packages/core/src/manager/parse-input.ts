import type { AnyCredential } from '../credential/credential.ts'
import { CredentialError, type InputIssue } from '../errors.ts'

/**
 * The decoded input of a credential type.
 * @throws CredentialError INPUT_INVALID with the paths of the fields and the reasons, never the values
 */
export async function parseInput(definition: AnyCredential, input: unknown): Promise<unknown> {
  const parsed = await definition.input.safeParseAsync(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(toIssue)
  const list = issues.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  throw new CredentialError('INPUT_INVALID', `The input of a ${definition.type} is not valid: ${list}`, {
    issues,
  })
}

// The library's own sentences may quote what was given, so only its codes and its limits are used.
const reasons: Record<string, string> = {
  invalid_type: 'is missing or has the wrong type',
  invalid_value: 'is not one of the allowed values',
  invalid_format: 'has the wrong format',
  invalid_union: 'fits none of the allowed forms',
  invalid_key: 'has a key that is not allowed',
  unrecognized_keys: 'has a field that is not known',
  too_small: 'is too short or too small',
  too_big: 'is too long or too large',
  not_multiple_of: 'is not a multiple of the allowed step',
  custom: 'is not accepted',
}

interface SchemaIssue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
}

function toIssue(issue: SchemaIssue): InputIssue {
  const path = issue.path.map(String).join('.') || '(input)'
  return { path, reason: reasons[issue.code ?? 'custom'] ?? 'is not accepted' }
}
