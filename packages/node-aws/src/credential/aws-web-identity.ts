import {
  type CredentialEnvironment,
  defineCredential,
  ProviderFailure,
  type Secret,
  secret,
} from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation, endpointOf } from '../aws-location.ts'
import { awsToken } from '../aws-token.ts'
import { callSts } from '../sts/call-sts.ts'
import { verifyIdentity } from '../sts/caller-identity.ts'
import { session, sessionIn, sessionToken } from '../sts/session.ts'
import { type Role, role, roleParameters } from './role.ts'

const roleHere = { ...awsLocation, ...role }
const identityToken = secret(z.string().trim().min(4).max(20_000))

/**
 * A role for whoever an identity provider says we are, by STS AssumeRoleWithWebIdentity: no AWS key at all. The
 * identity token that was supplied is used again to refresh the session, until it expires; where the program can get
 * a new one each time, use {@link defineAwsWebIdentity}.
 *
 * @example
 * await manager.createCredential(awsWebIdentity, { webIdentityToken, roleArn, region: 'eu-central-1' })
 */
export const awsWebIdentity = defineCredential({
  type: 'aws_web_identity',
  input: z.strictObject({ ...roleHere, webIdentityToken: identityToken }),
  state: z.object({ ...roleHere, webIdentityToken: identityToken, session }),
  token: awsToken,
  initialize: async (given, environment) => ({
    ...given,
    session: await assumeRole(given, given.webIdentityToken.expose(), environment),
  }),
  access: state => sessionToken(state.session, state),
  refresh: {
    rotating: false,
    peer: rolePeer,
    perform: async (state, environment) => ({
      ...state,
      session: await assumeRole(state, state.webIdentityToken.expose(), environment),
    }),
  },
  verify: verifyIdentity,
})

/** How a program proves who it is: reads a projected service account token, asks its identity provider. */
export type IdentityTokenSource = (environment: CredentialEnvironment) => Promise<Secret | string>

/**
 * A type as {@link awsWebIdentity} whose identity token comes from the program, anew for every session, and is never
 * stored. An error of `identityToken` counts as a peer that is down; throw a ProviderFailure to say more.
 *
 * @example
 * export const clusterRole = defineAwsWebIdentity({
 *   type: 'cluster_role',
 *   identityToken: () => readFile(process.env.AWS_WEB_IDENTITY_TOKEN_FILE ?? '', 'utf8'),
 * })
 */
export function defineAwsWebIdentity<const Type extends string>(definition: {
  readonly type: Type
  readonly identityToken: IdentityTokenSource
}) {
  const assume = async (
    given: Role & z.output<z.ZodObject<typeof awsLocation>>,
    environment: CredentialEnvironment,
  ) => assumeRole(given, await textOf(definition.identityToken, environment), environment)
  return defineCredential({
    type: definition.type,
    input: z.strictObject(roleHere),
    state: z.object({ ...roleHere, session }),
    token: awsToken,
    initialize: async (given, environment) => ({ ...given, session: await assume(given, environment) }),
    access: state => sessionToken(state.session, state),
    refresh: {
      rotating: false,
      peer: rolePeer,
      perform: async (state, environment) => ({ ...state, session: await assume(state, environment) }),
    },
    verify: verifyIdentity,
  })
}

type RoleHere = z.output<z.ZodObject<typeof roleHere>>

function rolePeer(state: RoleHere): string {
  return `${endpointOf(state, 'sts').origin} ${state.roleArn}`
}

async function assumeRole(given: RoleHere, webIdentityToken: string, environment: CredentialEnvironment) {
  const action = 'AssumeRoleWithWebIdentity'
  const parameters = { ...roleParameters(given, environment), WebIdentityToken: webIdentityToken }
  const caller = { location: given, key: undefined, environment }
  return sessionIn(await callSts(action, parameters, caller), action, environment)
}

async function textOf(source: IdentityTokenSource, environment: CredentialEnvironment): Promise<string> {
  try {
    const token = await source(environment)
    return (typeof token === 'string' ? token : token.expose()).trim()
  } catch (error) {
    if (error instanceof ProviderFailure) throw error
    throw new ProviderFailure('transient', 'the program has no identity token', { cause: error })
  }
}
