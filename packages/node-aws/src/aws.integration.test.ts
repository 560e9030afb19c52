import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { authenticateWith } from '@nebula-credential/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { MotoServer } from '../../../tools/services/moto-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { createRole, createUser } from '../test/moto-account.ts'
import { loopbackFetch } from '../test/service.ts'
import { newManager } from '../test/world.ts'
import { getCallerIdentity } from './actions/get-caller-identity.ts'
import { getObject } from './actions/get-object.ts'
import { putObject } from './actions/put-object.ts'
import { awsCredentialProvider } from './authenticator/aws-credential-provider.ts'
import { awsFetch } from './authenticator/aws-fetch.ts'
import { awsSigV4 } from './authenticator/aws-sig-v4.ts'
import { awsAccessKey } from './credential/aws-access-key.ts'
import { awsAssumeRole } from './credential/aws-assume-role.ts'
import { awsWebIdentity } from './credential/aws-web-identity.ts'

// moto checks every signature with botocore, and every action against the policies of its user or role.
const moto = await unlessUnavailable('AWS by moto', () => MotoServer.start())
afterAll(() => moto?.[Symbol.asyncDispose]())

const region = 'us-east-1'
const bucketPolicy = { Effect: 'Allow', Action: ['s3:*', 'sts:AssumeRole'], Resource: '*' }
const readOnly = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const s3Fetch = awsFetch({ service: 's3', fetch: loopbackFetch })

let ada: Awaited<ReturnType<typeof createUser>>
let reader: string

beforeAll(async () => {
  if (moto === undefined) return
  ada = await createUser(moto.url, 'ada', bucketPolicy)
  reader = await createRole(moto.url, 'reader', readOnly)
  await moto.authorize(true)
})
beforeEach(context => context.skip(!moto, 'there is no moto here'))

const location = () => ({ region, endpoint: moto?.url ?? '' })
const key = () => ({ ...location(), ...ada })

describe('AWS, with its signatures and policies checked', () => {
  it('says whose an access key is, and refuses one that it does not know or whose secret is wrong', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      account: { label: 'arn:aws:iam::123456789012:user/ada' },
    })
    const wrong = { ...key(), secretAccessKey: 'x'.repeat(40) }
    const other = await manager.createCredential(awsAccessKey, wrong)
    expect(await manager.verifyCredential(other)).toEqual({ valid: false, asked: true })
    const unknown = await manager.createCredential(awsAccessKey, {
      ...key(),
      accessKeyId: 'AKIA0000000000000000',
    })
    expect(await manager.verifyCredential(unknown)).toEqual({ valid: false, asked: true })
  })

  it.each(['hello', 'Grüße', ''])('keeps an object "%s" under a key that must be encoded', async text => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(id, s3Fetch)
    expect((await s3('/bucket', { method: 'PUT' })).ok).toBe(true)
    const path = `/bucket/${encodeURIComponent("a b+c/ü'(1)*.txt")}`
    const put = await s3(path, { method: 'PUT', body: text, headers: { 'x-amz-meta-who': 'ada' } })
    expect(put.status).toBe(200)
    const got = await s3(path)
    expect(await got.text()).toBe(text)
    expect(got.headers.get('x-amz-meta-who')).toBe('ada')
    expect((await s3('/bucket?list-type=2&prefix=a%20b&max-keys=2')).status).toBe(200)
  })

  it('keeps a stream that is signed while it is sent', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const s3 = await manager.client(
      id,
      awsFetch({ service: 's3', payload: 'streaming', fetch: loopbackFetch }),
    )
    await s3('/bucket', { method: 'PUT' })
    const text = 'a stream '.repeat(20_000)
    const init = {
      method: 'PUT',
      body: new Blob([text]).stream(),
      headers: { 'content-length': String(text.length) },
      duplex: 'half',
    }
    expect((await s3('/bucket/streamed', init as RequestInit)).status).toBe(200)
    expect(await (await s3('/bucket/streamed')).text()).toBe(text)
  })

  it('lets a role do what its policy allows, and no more', async () => {
    await using manager = await newManager()
    const owner = await manager.client(await manager.createCredential(awsAccessKey, key()), s3Fetch)
    await owner('/bucket', { method: 'PUT' })
    await owner('/bucket/report', { method: 'PUT', body: 'hello' })
    const id = await manager.createCredential(awsAssumeRole, { ...key(), roleArn: reader })
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      account: { label: `arn:aws:sts::123456789012:assumed-role/reader/${id}` },
    })
    const s3 = await manager.client(id, s3Fetch)
    expect(await (await s3('/bucket/report')).text()).toBe('hello')
    const refused = await s3('/bucket/report', { method: 'PUT', body: 'no' })
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('AccessDenied')])
    const first = await manager.getToken(id)
    await manager.refreshCredential(id)
    const second = await manager.getToken(id)
    expect(second.accessKeyId).not.toBe(first.accessKeyId)
    expect(await (await s3('/bucket/report')).text()).toBe('hello')
  })

  it('refuses to let a stranger assume a role', async () => {
    await using manager = await newManager()
    const wrong = { ...key(), secretAccessKey: 'x'.repeat(40), roleArn: reader }
    await expect(manager.createCredential(awsAssumeRole, wrong)).rejects.toMatchObject({
      code: 'PROVIDER_REJECTED',
    })
  })

  it('takes the credentials of an SDK client', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    const credentials = await manager.client(id, awsCredentialProvider)
    const options = { credentials, region, endpoint: moto?.url ?? '' }
    const s3 = new S3Client({ ...options, forcePathStyle: true })
    const sts = new STSClient(options)
    onTestFinished(() => {
      s3.destroy()
      sts.destroy()
    })
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012' })
    const owner = await manager.client(id, s3Fetch)
    await owner('/bucket', { method: 'PUT' })
    await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'sdk', Body: 'hello' }))
    const object = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'sdk' }))
    expect(await object.Body?.transformToString()).toBe('hello')
  })

  it('carries out what actions ask for', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(awsAccessKey, key())
    await (await manager.client(id, s3Fetch))('/bucket', { method: 'PUT' })
    const name = { bucket: 'bucket', key: "q3/a b'ü.csv" }
    await manager.run(putObject, { aws: id }, { ...name, body: 'a,b', contentType: 'text/csv' })
    const object = await manager.run(getObject, { aws: id }, name)
    expect([Buffer.from(object.body).toString(), object.contentType]).toEqual(['a,b', 'text/csv'])
    const missing = manager.run(getObject, { aws: id }, { ...name, key: 'none' })
    await expect(missing).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    const role = await manager.createCredential(awsAssumeRole, { ...key(), roleArn: reader })
    const forbidden = manager.run(putObject, { aws: role }, { ...name, body: 'no' })
    await expect(forbidden).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
    const { arn } = await manager.run(getCallerIdentity, { aws: role }, {})
    expect(arn).toBe(`arn:aws:sts::123456789012:assumed-role/reader/${role}`)
  })

  it('finds a request out that was changed after it was signed', async () => {
    await using manager = await newManager()
    const token = await manager.getToken(await manager.createCredential(awsAccessKey, key()))
    const target = new Request(`${moto?.url}/bucket`, { method: 'PUT' })
    const signed = await authenticateWith(awsSigV4({ service: 's3' }), token, target)
    expect((await loopbackFetch(new Request(`${moto?.url}/other`, signed))).status).toBe(403)
    expect((await loopbackFetch(signed)).status).toBe(200)
  })
})

it('assumes a role by a web identity, which needs no signature', async () => {
  // With authorization on, moto takes no unsigned request at all.
  await moto?.authorize(false)
  onTestFinished(async () => await moto?.authorize(true))
  await using manager = await newManager()
  const id = await manager.createCredential(awsWebIdentity, {
    ...location(),
    roleArn: reader,
    webIdentityToken: 'header.claims.signature',
    roleSessionName: 'cluster',
  })
  const token = await manager.getToken(id)
  expect(token.expiresAt).toBeGreaterThan(Date.now() + 3_000_000)
  expect(await manager.verifyCredential(id)).toMatchObject({
    account: { label: 'arn:aws:sts::123456789012:assumed-role/reader/cluster' },
  })
})
