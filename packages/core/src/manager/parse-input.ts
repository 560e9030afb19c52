import { z } from 'zod'
import type { AnyCredential } from '../credential/credential.ts'
import { CredentialError, type InputIssue } from '../errors.ts'

/**
 * The decoded input of a credential type.
 * @throws CredentialError INPUT_INVALID with the paths of the fields and the reasons, never the values
 */
export async function parseInput(definition: AnyCredential, input: unknown): Promise<unknown> {
  return parseGiven(definition.input, `The input for a credential of type ${definition.type}`, input)
}

/** As {@link parseInput}, for any schema; `subject` begins the error's message. */
export async function parseGiven(schema: z.ZodType, subject: string, given: unknown): Promise<unknown> {
  const parsed = await schema.safeParseAsync(given)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(issue => toIssue(schema, given, issue))
  const list = issues.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  throw new CredentialError('INPUT_INVALID', `${subject} is not valid: ${list}`, { issues })
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

type SchemaIssue = z.core.$ZodIssue

function toIssue(schema: z.ZodType, input: unknown, issue: SchemaIssue): InputIssue {
  const path = issue.path.map(String).join('.') || '(input)'
  return {
    path,
    reason: authorsReason(input, issue) ?? (reasons[issue.code] ?? 'is not accepted') + known(schema, issue),
  }
}

/** The words that the schema's author gave a check, unless they quote what was supplied. */
function authorsReason(given: unknown, issue: SchemaIssue): string | undefined {
  const { message } = issue
  const input = valueAt(given, issue.path)
  const standard = z.config().localeError?.({ ...issue, input } as never)
  if (standard === undefined || message === standard) return undefined
  if (typeof standard === 'object' && message === standard?.message) return undefined
  const quotable = [...textsIn(input), ...textsIn(given).filter(text => text.length >= secretLength)]
  return quotable.some(text => message.includes(text)) ? undefined : message
}

// A check may look at other fields than its own; words shorter than this occur in any sentence.
const secretLength = 8

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  )
}

/** Every text and number within a value, as a message would quote it. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn)
  const text = value === undefined || value === null ? '' : String(value).trim()
  return text === '' ? [] : [text]
}

/** The fields that there are, where one was given that there is not. The name given may itself be a secret. */
function known(schema: z.ZodType, issue: SchemaIssue): string {
  if (issue.code !== 'unrecognized_keys' || issue.path.length > 0 || !(schema instanceof z.ZodObject))
    return ''
  return `; known are ${Object.keys(schema.shape).join(', ')}`
}
