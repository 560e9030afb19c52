import { leakScan } from '@nebula-credential/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AwsService, accessKey, startAws } from '../../test/service.ts'
import { newManager } from '../../test/world.ts'
import { awsAccessKey } from './aws-access-key.ts'
import { awsAssumeRole } from './aws-assume-role.ts'
import { awsSessionToken } from './aws-session-token.ts'
import { awsWebIdentity, defineAwsWebIdentity } from './aws-web-identity.ts'

const roleArn = 'arn:aws:iam::123456789012:role/workflows'
const expiredAtOnce = -60_000

let aws: AwsService
beforeEach(async () => {
  aws = await startAws()
})
afterEach(() => aws[Symbol.asyncDispose]())

const location = () => ({ region: 'eu-central-1', endpoint: aws.origin })
const key = () => ({ ...location(), ...accessKey })
const lastAction = () => Object.fromEntries(aws.actions.at(-1) ?? [])

describe('awsAccessKey', () => {
  it('is kept without a call, does not expire, and says whose it is when verified', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    expect(aws.requests).toEqual([])
    expect(await manager.getToken(id)).toMatchObject({ kind: 'aws', region: 'eu-central-1' })
    expect(await manager.getToken(id)).not.toHaveProperty('expiresAt')
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      account: { id: 'AIDA7', label: 'arn:aws:iam::123456789012:user/ada' },
    })
  })

  it('is not valid once AWS does not know it, or its secret is wrong', async () => {
    await using manager = await newManager()
    const gone = await manager.createCredential(awsAccessKey, {
      ...key(),
      accessKeyId: 'AKIA0000000000000000',
    })
    expect(await manager.verifyCredential(gone)).toEqual({ valid: false, asked: true })
    const wrong = await manager.createCredential(awsAccessKey, { ...key(), secretAccessKey: 'x'.repeat(40) })
    expect(await manager.verifyCredential(wrong)).toEqual({ valid: false, asked: true })
  })

  it('loses the white space that was pasted with it', async () => {
    await using manager = await newManager()
    const pasted = {
      accessKeyId: ` ${accessKey.accessKeyId}\n`,
      secretAccessKey: `${accessKey.secretAccessKey} `,
    }
    const id = await manager.createCredential(awsAccessKey, { ...location(), ...pasted })
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })
})

describe('awsAssumeRole', () => {
  it('asks for all that it was given, in the words of STS', async () => {
    await using manager = await newManager()
    await manager.createCredential(awsAssumeRole, {
      ...key(),
      roleArn,
      roleSessionName: 'reports',
      externalId: 'customer-7',
      sessionTags: { project: 'a&b', team: 'ops' },
      transitiveTagKeys: ['project'],
      sourceIdentity: 'ada',
      durationSeconds: 900,
      policy: '{"Version":"2012-10-17"}',
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      mfa: { serialNumber: 'arn:aws:iam::123456789012:mfa/ada', code: '123456' },
    })
    expect(lastAction()).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'reports',
      ExternalId: 'customer-7',
      'Tags.member.1.Key': 'project',
      'Tags.member.1.Value': 'a&b',
      'Tags.member.2.Key': 'team',
      'Tags.member.2.Value': 'ops',
      'TransitiveTagKeys.member.1': 'project',
      SourceIdentity: 'ada',
      DurationSeconds: '900',
      Policy: '{"Version":"2012-10-17"}',
      'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      SerialNumber: 'arn:aws:iam::123456789012:mfa/ada',
      TokenCode: '123456',
    })
  })

  it('names the session after the credential, so that CloudTrail leads back to it', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    expect(lastAction().RoleSessionName).toBe(id)
  })

  it('gets a new session when the old one has ended', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = expiredAtOnce
    const id = await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    aws.lifetimeMs = 3_600_000
    const token = await manager.getToken(id)
    expect(token.generation).toBe(2)
    expect(token.expiresAt).toBeGreaterThan(Date.now() + 3_000_000)
    expect(aws.actions).toHaveLength(2)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })

  it('is refreshed once, however many ask', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = expiredAtOnce
    const id = await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    aws.lifetimeMs = 3_600_000
    const tokens = await Promise.all(Array.from({ length: 50 }, () => manager.getToken(id)))
    expect(new Set(tokens.map(({ accessKeyId }) => accessKeyId)).size).toBe(1)
    expect(aws.actions).toHaveLength(2)
  })
})

describe('an MFA code', () => {
  const mfa = { serialNumber: 'GAHT12345678', code: '123456' }

  it.each([
    ['awsSessionToken', awsSessionToken],
    ['awsAssumeRole', awsAssumeRole],
  ] as const)(
    'is used once: the owner of an %s must give a new one when the session has ended',
    async (_, type) => {
      await using manager = await newManager()
      aws.lifetimeMs = expiredAtOnce
      const given = type === awsAssumeRole ? { ...key(), roleArn, mfa } : { ...key(), mfa }
      const id = await manager.createCredential(type as typeof awsAssumeRole, given as never)
      await expect(manager.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
      expect(aws.actions).toHaveLength(1)
    },
  )

  it('that is wrong is refused there and then', async () => {
    await using manager = await newManager()
    const creation = manager.createCredential(awsSessionToken, { ...key(), mfa: { ...mfa, code: '000000' } })
    await expect(creation).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
  })
})

describe('awsWebIdentity', () => {
  it('assumes the role without an AWS key, and again with the same identity', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = expiredAtOnce
    const id = await manager.createCredential(awsWebIdentity, {
      ...location(),
      roleArn,
      webIdentityToken: 'good.jwt',
    })
    expect(aws.requests[0]?.headers).not.toHaveProperty('authorization')
    aws.lifetimeMs = 3_600_000
    await manager.getToken(id)
    expect(aws.actions.map(fields => fields.get('WebIdentityToken'))).toEqual(['good.jwt', 'good.jwt'])
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })

  it('whose identity is refused needs its owner', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = expiredAtOnce
    const id = await manager.createCredential(awsWebIdentity, {
      ...location(),
      roleArn,
      webIdentityToken: 'good.jwt',
    })
    aws.answerNext({
      status: 400,
      body: '<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>',
    })
    await expect(manager.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('asks the program for an identity every time, where it is defined so', async () => {
    await using manager = await newManager()
    const given: string[] = []
    const clusterRole = defineAwsWebIdentity({
      type: 'cluster_role',
      identityToken: async ({ tenantId }) => {
        given.push(`good-${tenantId}-${given.length}\n`)
        return given.at(-1) as string
      },
    })
    aws.lifetimeMs = expiredAtOnce
    const id = await manager.createCredential(clusterRole, { ...location(), roleArn })
    aws.lifetimeMs = 3_600_000
    await manager.getToken(id)
    expect(aws.actions.map(fields => fields.get('WebIdentityToken'))).toEqual(['good-acme-0', 'good-acme-1'])
  })

  it('is unavailable while the program has no identity', async () => {
    await using manager = await newManager()
    const clusterRole = defineAwsWebIdentity({
      type: 'cluster_role',
      identityToken: () => Promise.reject(new Error('no file')),
    })
    const creation = manager.createCredential(clusterRole, { ...location(), roleArn })
    await expect(creation).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  })
})

describe('an answer of STS', () => {
  const document = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`

  it.each([
    ['a key that is not known', { status: 403, body: document('InvalidClientTokenId') }, 'PROVIDER_REJECTED'],
    ['a policy that forbids it', { status: 403, body: document('AccessDenied') }, 'PROVIDER_REJECTED'],
    ['a region that is off', { status: 403, body: document('RegionDisabledException') }, 'PROVIDER_REJECTED'],
    ['throttling', { status: 400, body: document('Throttling') }, 'PROVIDER_UNAVAILABLE'],
    ['too many requests', { status: 429, headers: { 'retry-after': '7' } }, 'PROVIDER_UNAVAILABLE'],
    ['an internal error', { status: 500, body: document('InternalFailure') }, 'PROVIDER_UNAVAILABLE'],
    ['a proxy that is down', { status: 502, body: '<html>' }, 'PROVIDER_UNAVAILABLE'],
    ['something else than XML', { body: `{"x":"${accessKey.secretAccessKey}"}` }, 'PROVIDER_UNAVAILABLE'],
    ['XML without a session', { body: '<AssumeRoleResponse/>' }, 'PROVIDER_UNAVAILABLE'],
    ['a broken connection', 'reset', 'PROVIDER_UNAVAILABLE'],
  ] as const)('that is %s', async (_, answer, code) => {
    await using manager = await newManager()
    aws.answerNext(answer)
    const error = await manager.createCredential(awsAssumeRole, { ...key(), roleArn }).catch(error => error)
    expect(error).toMatchObject({ code })
    expect(leakScan(error, [accessKey.secretAccessKey])).toEqual([])
  })

  it('says when to come back', async () => {
    await using manager = await newManager()
    aws.answerNext({ status: 429, headers: { 'retry-after': '7' } })
    const error = await manager.createCredential(awsAssumeRole, { ...key(), roleArn }).catch(error => error)
    expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
  })

  it('that blames the clock is asked for again, by its own time', async () => {
    await using manager = await newManager()
    aws.aheadMs = 3_600_000
    await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    expect(aws.requests).toHaveLength(2)
    aws.aheadMs = -3_600_000
    await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    expect(aws.requests).toHaveLength(4)
    await manager.createCredential(awsAssumeRole, { ...key(), roleArn })
    expect(aws.requests).toHaveLength(5)
  })
})
