import type { CredentialEnvironment } from '@nebula-credential/core'
import { z } from 'zod'

/** The role to assume, and as what. */
export const role = {
  roleArn: z
    .string()
    .trim()
    .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=/,.@-]+$/, 'must be the ARN of a role'),
  /** Names the session in the role's account and its CloudTrail. Default: the credential's id. */
  roleSessionName: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits and +=,.@-_')
    .optional(),
  /** How long a session lasts, in seconds. Default 1 h, which is STS's. */
  durationSeconds: z.number().int().min(900).max(43_200).optional(),
  /** A policy, as JSON text, that narrows what the session may do. */
  policy: z.string().min(1).max(2_048).optional(),
  /** ARNs of managed policies that narrow what the session may do. */
  policyArns: z.array(z.string().regex(/^arn:/, 'must be the ARN of a policy')).max(10).optional(),
}
export type Role = z.output<z.ZodObject<typeof role>>

/** STS's parameters of a role. */
export function roleParameters(given: Role, environment: CredentialEnvironment) {
  return {
    RoleArn: given.roleArn,
    RoleSessionName: given.roleSessionName ?? environment.credentialId.slice(0, 64),
    DurationSeconds: given.durationSeconds?.toString(),
    Policy: given.policy,
    ...members('PolicyArns', given.policyArns ?? [], arn => ({ arn })),
  }
}

/** A list in the Query protocol: `Name.member.1.field=…`, and without a field name `Name.member.1=…`. */
export function members<Item>(
  name: string,
  items: readonly Item[],
  fields: (item: Item) => Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = items.flatMap((item, index) =>
    Object.entries(fields(item)).map(([field, value]) => [
      [name, 'member', index + 1, field].filter(part => part !== '').join('.'),
      value,
    ]),
  )
  return Object.fromEntries(entries)
}
