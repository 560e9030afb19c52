import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { authenticateWith, defineAction, needs } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { type AwsService, accessKey, loopbackFetch, startAws } from '../../test/service.ts'
import { newManager } from '../../test/world.ts'
import { awsAccessKey } from '../credential/aws-access-key.ts'
import { awsAssumeRole } from '../credential/aws-assume-role.ts'
import { awsCredentialProvider } from './aws-credential-provider.ts'
import { awsFetch } from './aws-fetch.ts'
import { awsPresigned } from './aws-sig-v4.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const role = { roleArn: 'arn:aws:iam::123456789012:role/workflows' }

let aws: AwsService
beforeEach(async () => {
  aws = await startAws()
})
afterEach(() => aws[Symbol.asyncDispose]())

const key = () => ({ region: 'eu-central-1', endpoint: aws.origin, ...accessKey })
const s3Fetch = awsFetch({ service: 's3', fetch: loopbackFetch })

describe('awsFetch', () => {
  it('signs what is sent, at the credential’s endpoint', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAssumeRole, { ...key(), ...role })
    const s3 = await manager.client(id, s3Fetch)
    expect((await s3('/bucket/a%20b%27', { method: 'PUT', body: 'hello' })).status).toBe(200)
    expect(await (await s3(new Request(`${aws.origin}/bucket/a%20b%27?x=1+2`))).text()).toBe('hello')
    expect(await manager.client(id, s3Fetch)).toBe(s3)
  })

  it('goes on when the session ends in the middle of its life', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAssumeRole, { ...key(), ...role })
    const s3 = await manager.client(id, s3Fetch)
    await s3('/bucket/k', { method: 'PUT', body: 'hello' })
    aws.expireSessions()
    expect(await (await s3('/bucket/k')).text()).toBe('hello')
    expect((await manager.getToken(id)).generation).toBe(2)
    aws.expireSessions()
    expect((await s3('/bucket/k', { method: 'PUT', body: 'sent again' })).status).toBe(200)
    expect(await (await s3('/bucket/k')).text()).toBe('sent again')
  })

  it('says that the owner must act when a key that cannot be refreshed is refused', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, { ...key(), accessKeyId: 'AKIA0000000000000000' })
    const s3 = await manager.client(id, s3Fetch)
    await expect(s3('/bucket/k')).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('goes by the service’s clock once it was refused for its own', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(id, s3Fetch)
    aws.aheadMs = 20 * 60_000
    expect((await s3('/bucket/k', { method: 'PUT', body: 'hello' })).status).toBe(200)
    expect(aws.requests).toHaveLength(2)
    expect((await s3('/bucket/k')).status).toBe(200)
    expect(aws.requests).toHaveLength(3)
    aws.aheadMs = 0
    expect((await s3('/bucket/k')).status).toBe(200)
    expect(aws.requests).toHaveLength(5)
  })

  it('hands over a refusal that is not about the token', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(id, s3Fetch)
    const response = await s3('/bucket/none')
    expect([response.status, aws.requests.length]).toEqual([404, 1])
    expect(await response.text()).toContain('NoSuchKey')
  })

  it('never sends a stream twice', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const unsigned = awsFetch({ service: 's3', payload: 'unsigned', fetch: loopbackFetch })
    const s3 = await manager.client(id, unsigned)
    aws.aheadMs = 20 * 60_000
    const put = () => {
      const body = new Blob(['hello']).stream()
      const init = { method: 'PUT', headers: { 'content-length': '5' }, body, duplex: 'half' } as const
      return s3('/bucket/k', init as RequestInit)
    }
    expect((await put()).status).toBe(403)
    expect(aws.requests).toHaveLength(1)
    expect((await put()).status).toBe(200)
  })

  it('signs a stream while it is sent, every chunk of it', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAssumeRole, { ...key(), ...role })
    const s3 = await manager.client(
      id,
      awsFetch({ service: 's3', payload: 'streaming', fetch: loopbackFetch }),
    )
    const text = 'a stream '.repeat(20_000)
    const put = (headers: Record<string, string>) => {
      const body = new Blob([text]).stream()
      return s3('/bucket/k', { method: 'PUT', headers, body, duplex: 'half' } as RequestInit)
    }
    expect((await put({ 'content-length': '180000' })).status).toBe(200)
    expect(aws.requests.at(-1)?.headers).toMatchObject({
      'content-length': '180355',
      'x-amz-decoded-content-length': '180000',
    })
    expect(await (await s3('/bucket/k')).text()).toBe(text)
    await expect(put({})).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('ends with the caller’s signal also after the garbage was collected', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(id, s3Fetch)
    const caller = new AbortController()
    const reason = new Error('no longer wanted')
    aws.answerNext('silence')
    const sent = s3('/bucket/k', { method: 'PUT', body: 'x', signal: caller.signal })
    await expect.poll(() => aws.requests).toHaveLength(1)
    collectGarbage()
    await delay(10)
    collectGarbage()
    caller.abort(reason)
    await expect(sent).rejects.toBe(reason)
  })

  it('refuses private addresses unless it is given another fetch', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(id, awsFetch({ service: 's3' }))
    await expect(s3('/bucket/k')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect((await s3('/bucket/k', { fetch: loopbackFetch })).status).toBe(404)
  })
})

describe('awsPresigned', () => {
  it('makes a URL that whoever has it may use for what it is for, until it expires', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAssumeRole, { ...key(), ...role })
    const token = await manager.getToken(id)
    const presign = (method: string, headers = {}) =>
      authenticateWith(
        awsPresigned({ service: 's3', expiresInSeconds: 60 }),
        token,
        new Request(`${aws.origin}/bucket/it's $5?versionId=a+b`, { method, headers }),
      )
    const put = await presign('PUT', { 'content-type': 'text/plain' })
    const upload = (contentType: string) =>
      loopbackFetch(put.url, { method: 'PUT', body: 'hello', headers: { 'content-type': contentType } })
    expect((await upload('text/html')).status).toBe(403)
    expect((await upload('text/plain')).status).toBe(200)
    const { url } = await presign('GET')
    expect(url).not.toContain(token.secretAccessKey.expose())
    expect(await (await loopbackFetch(url)).text()).toBe('hello')
    const other = new URL(url)
    other.searchParams.set('versionId', 'other')
    for (const refused of [other, new URL(url.replace('/bucket/', '/other/'))]) {
      expect((await loopbackFetch(refused)).status).toBe(403)
    }
    expect((await loopbackFetch(url, { method: 'DELETE' })).status).toBe(403)
    aws.aheadMs = 61_000
    expect((await loopbackFetch(url)).status).toBe(403)
    aws.aheadMs = 0
    aws.expireSessions()
    expect((await loopbackFetch(url)).status).toBe(403)
  })
})

describe('awsCredentialProvider', () => {
  it('keeps an SDK client going past the end of its session', async () => {
    await using manager = await newManager()
    aws.lifetimeMs = 60_000
    const id = await manager.createCredential(awsAssumeRole, { ...key(), ...role })
    const credentials = await manager.client(id, awsCredentialProvider)
    const { expiration } = await credentials()
    expect(expiration?.getTime()).toBe((await manager.getToken(id)).expiresAt)
    const s3 = new S3Client({
      credentials,
      region: 'eu-central-1',
      endpoint: aws.origin,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    onTestFinished(() => s3.destroy())
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'hello' }))
    aws.expireSessions()
    await manager.refreshCredential(id)
    const object = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))
    expect(await object.Body?.transformToString()).toBe('hello')
  })

  const document = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`

  it.each([
    ['no permission', { status: 403, body: document('AccessDenied') }, 'PROVIDER_REJECTED'],
    ['a key that is gone', { status: 403, body: document('InvalidAccessKeyId') }, 'REAUTHORIZATION_REQUIRED'],
    ['no such object', { status: 404, body: document('NoSuchKey') }, 'INPUT_INVALID'],
    [
      'too many requests',
      { status: 503, body: document('SlowDown'), headers: { 'retry-after': '7' } },
      'later',
    ],
    ['a bad gateway', { status: 502, body: '<html>' }, 'later'],
    ['a reset', 'reset', 'later'],
    ['nothing, for it is away', 'away', 'later'],
  ] as const)('explains what %s means to an action with an SDK client', async (_, answer, expected) => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const read = defineAction({
      name: 'reports.read',
      credentials: { aws: needs(awsAccessKey, awsCredentialProvider) },
      input: z.strictObject({}),
      output: z.void(),
      async run({ aws: credentials }) {
        const place = { region: 'eu-central-1', endpoint: aws.origin, forcePathStyle: true }
        const s3 = new S3Client({ ...place, credentials, maxAttempts: 1 })
        await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })).finally(() => s3.destroy())
      },
    })
    if (answer === 'away') await aws[Symbol.asyncDispose]()
    else aws.answerNext(answer)
    const error = await manager.run(read, { aws: id }, {}).catch(error => error)
    const code = expected === 'later' ? 'PROVIDER_UNAVAILABLE' : expected
    expect(error).toMatchObject({ code, ...(code !== 'INPUT_INVALID' && { credentialId: id }) })
    expect(leakScan(error, [accessKey.secretAccessKey])).toEqual([])
    if (typeof answer === 'object' && answer.status === 503) {
      expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    }
  })

  it('gives one token’s key when it was given a token', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const provider = await authenticateWith(awsCredentialProvider, await manager.getToken(id))
    expect(await provider()).toEqual(accessKey)
  })
})
