import { CredentialManager, MemoryBackend, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AwsService, accessKey, loopbackFetch, startAws } from '../../test/service.ts'
import { newManager } from '../../test/world.ts'
import { getCallerIdentity } from '../actions/get-caller-identity.ts'
import { awsAssumeRole } from './aws-assume-role.ts'
import { awsSessionToken } from './aws-session-token.ts'

const roleArn = 'arn:aws:iam::123456789012:role/workflows'
const serialNumber = 'arn:aws:iam::123456789012:mfa/ada'

let aws: AwsService
beforeEach(async () => {
  aws = await startAws()
})
afterEach(() => aws[Symbol.asyncDispose]())

const key = () => ({ region: 'eu-central-1', endpoint: aws.origin, ...accessKey, mfa: { serialNumber } })
const role = () => ({ ...key(), roleArn })
const entered = ({ state }: { state: string }, code: string) => new URLSearchParams({ state, code })

describe('the code of an MFA device', () => {
  it.each([
    ['AssumeRole', awsAssumeRole, role],
    ['GetSessionToken', awsSessionToken, key],
  ] as const)('is asked for and used for %s', async (action, type, input) => {
    await using manager = await newManager()
    const begun = await manager.beginAuthorization(type as typeof awsAssumeRole, input() as never)
    expect(begun.interaction).toEqual({ kind: 'form', fields: [{ name: 'code', secret: true }] })
    expect(aws.actions).toEqual([])
    const id = await manager.resumeAuthorization(entered(begun, '123 456'), { ...begun, definition: type })
    expect(Object.fromEntries(aws.actions[0] ?? [])).toMatchObject({
      Action: action,
      SerialNumber: serialNumber,
      TokenCode: '123456',
    })
    expect((await manager.run(getCallerIdentity, { aws: id }, {})).account).toBe('123456789012')
  })

  it('can be corrected when it is wrong or malformed', async () => {
    await using manager = await newManager()
    const begun = await manager.beginAuthorization(awsAssumeRole, role())
    for (const [code, reason] of [
      ['12345', 'must be the 6 digits that the device shows'],
      ['', 'must be the 6 digits that the device shows'],
      ['654321', 'was refused'],
    ] as const) {
      const error = await manager.resumeAuthorization(entered(begun, code), begun).catch(error => error)
      expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'code', reason }] })
      expect(leakScan(error, [accessKey.secretAccessKey, '654321'])).toEqual([])
    }
    expect(aws.actions).toHaveLength(1)
    await manager.resumeAuthorization(entered(begun, '123456'), begun)
    await expect(manager.resumeAuthorization(entered(begun, '123456'), begun)).rejects.toMatchObject({
      code: 'FLOW_REPLAYED',
    })
  })

  it.each([['reset'], [{ status: 503 }]] as const)('is asked for again after an outage: %j', async fault => {
    await using manager = await newManager()
    const begun = await manager.beginAuthorization(awsAssumeRole, role())
    aws.answerNext(fault)
    const lost = manager.resumeAuthorization(entered(begun, '123456'), begun)
    await expect(lost).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(await manager.resumeAuthorization(entered(begun, '123456'), begun)).toBe(begun.credentialId)
  })

  it('is of no use for a key that AWS does not know: its owner begins again', async () => {
    await using manager = await newManager()
    const begun = await manager.beginAuthorization(awsAssumeRole, {
      ...role(),
      secretAccessKey: 'x'.repeat(40),
    })
    const completion = manager.resumeAuthorization(entered(begun, '123456'), begun)
    await expect(completion).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('is asked for again when the session has ended, and the credential keeps its id', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = -60_000
    const first = await manager.beginAuthorization(awsAssumeRole, role())
    const id = await manager.resumeAuthorization(entered(first, '123456'), {
      ...first,
      definition: awsAssumeRole,
    })
    await expect(manager.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    aws.lifetimeMs = 3_600_000
    const again = await manager.beginAuthorization(awsAssumeRole, role(), { reconnect: id })
    expect(await manager.resumeAuthorization(entered(again, '123456'), again)).toBe(id)
    expect((await manager.getToken(id)).expiresAt).toBeGreaterThan(Date.now() + 3_000_000)
  })

  it('is stored nowhere', async () => {
    const environment = {
      tenantId: 'acme',
      credentialId: 'aws_assume_role_1',
      fetch: loopbackFetch,
      signal: AbortSignal.timeout(5_000),
      startedAt: Date.now(),
    }
    const { interactive, input, state } = awsAssumeRole
    const begun = await interactive.begin(z.decode(input, role()), { state: 's' }, environment)
    const kept = JSON.stringify(z.encode(interactive.flow, begun.flow))
    expect(kept).toContain(serialNumber)
    const answer = entered({ state: 's' }, '123456')
    const authorized = await interactive.resume(begun.flow, answer, environment)
    const stored = JSON.stringify(z.encode(state, authorized.state))
    expect(stored).toContain('"withMfa":true')
    // As the account's number is in the ARN of the role: 123456789012.
    expect(stored.replaceAll('123456789012', '')).not.toContain('123456')
  })

  it('can be entered at another process than the one that asked', async () => {
    const backend = new MemoryBackend()
    const open = () =>
      CredentialManager.builder()
        .withStorage(new MemoryStateStore(backend))
        .withEncryption(rawKey(Buffer.alloc(32, 7)))
        .withFetch(loopbackFetch)
        .withCredentials(awsAssumeRole)
        .withContext({ tenantId: 'acme', actor: 'test' })
        .build()
    await using asking = await open()
    await using answering = await open()
    const begun = await asking.beginAuthorization(awsAssumeRole, role())
    const id = await answering.resumeAuthorization(entered(begun, '123456'), begun)
    expect(await asking.describe(id)).toMatchObject({ lifecycle: 'Active' })
  })
})

describe('the input', () => {
  it('tells a program that has the code from one that wants it asked for', async () => {
    await using manager = await newManager()
    const refused = (path: string) => ({ code: 'INPUT_INVALID', issues: [{ path }] })
    await expect(manager.createCredential(awsAssumeRole, role())).rejects.toMatchObject(refused('mfa.code'))
    const withCode = { ...role(), mfa: { serialNumber, code: '123456' } }
    await expect(manager.beginAuthorization(awsAssumeRole, withCode)).rejects.toMatchObject(
      refused('mfa.code'),
    )
    const { mfa: _none, ...without } = role()
    await expect(manager.beginAuthorization(awsAssumeRole, without)).rejects.toMatchObject(refused('mfa'))
    await manager.createCredential(awsAssumeRole, withCode)
    expect(aws.actions).toHaveLength(1)
  })
})
