import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { accessKey } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { defineAwsWebIdentity } from '../credential/aws-web-identity.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getObject } from './get-object.ts'
import { putObject } from './put-object.ts'

const name = { bucket: 'reports', key: "2026/q3 'ü'.csv" }

describe('getCallerIdentity', () => {
  it('says whose the credential is', async () => {
    await using world = await openWorld()
    const { manager, id, role } = world
    const identity = { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/ada', userId: 'AIDA7' }
    expect(await manager.run(getCallerIdentity, { aws: id }, {})).toEqual(identity)
    expect(await manager.run(getCallerIdentity, { aws: role }, {})).toEqual(identity)
  })
})

describe('every action', () => {
  it('takes a credential of a type that the program has defined', async () => {
    await using world = await openWorld()
    const { manager, service, location } = world
    const clusterRole = defineAwsWebIdentity({
      type: 'cluster_role',
      identityToken: async () => 'good-token',
    })
    const roleArn = 'arn:aws:iam::123456789012:role/workflows'
    const id = await manager.createCredential(clusterRole, { ...location, roleArn })
    await manager.run(putObject, { aws: id }, { ...name, body: 'hello' })
    service.expireSessions()
    expect(Buffer.from((await manager.run(getObject, { aws: id }, name)).body).toString()).toBe('hello')
    expect((await manager.run(getCallerIdentity, { aws: id }, {})).account).toBe('123456789012')
  })
})

describe('putObject and getObject', () => {
  it.each([
    ['a text', 'Grüße'],
    ['bytes', new Uint8Array([0, 255, 10])],
    ['nothing', ''],
  ])('keep %s', async (_, body) => {
    await using world = await openWorld()
    const { manager, id, service } = world
    expect(await manager.run(putObject, { aws: id }, { ...name, body })).toEqual({ etag: '"e1"' })
    expect(service.requests[0]?.headers['content-type']).toBe('application/octet-stream')
    const object = await manager.run(getObject, { aws: id }, name)
    expect(Buffer.from(object.body)).toEqual(Buffer.from(body as string))
  })

  it('goes on with a new session when the old one has ended', async () => {
    await using world = await openWorld()
    const { manager, role, service } = world
    await manager.run(putObject, { aws: role }, { ...name, body: 'hello' })
    service.expireSessions()
    expect(Buffer.from((await manager.run(getObject, { aws: role }, name)).body).toString()).toBe('hello')
  })

  it.each(['..', 'a/../b', './a'])('refuse the key "%s", which no URL can name', async key => {
    await using world = await openWorld()
    const { manager, id, service } = world
    await expect(manager.run(getObject, { aws: id }, { ...name, key })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
    expect(service.requests).toEqual([])
  })
})

describe('an answer of S3', () => {
  const document = (code: string) =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${accessKey.secretAccessKey}</Message></Error>`

  it.each([
    ['no such object', { status: 404, body: document('NoSuchKey') }, 'INPUT_INVALID'],
    ['no permission', { status: 403, body: document('AccessDenied') }, 'PROVIDER_REJECTED'],
    ['a key that is gone', { status: 403, body: document('InvalidAccessKeyId') }, 'REAUTHORIZATION_REQUIRED'],
    [
      'too many requests',
      { status: 503, headers: { 'retry-after': '7' }, body: document('SlowDown') },
      'PROVIDER_UNAVAILABLE',
    ],
    ['a bad gateway', { status: 502, body: '<html>' }, 'PROVIDER_UNAVAILABLE'],
    ['a reset', 'reset', 'PROVIDER_UNAVAILABLE'],
  ] as const)('that is %s says who must act', async (_, answer, code) => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext(answer, answer)
    const error = await manager.run(getObject, { aws: id }, name).catch(error => error)
    expect(error).toMatchObject({ code, ...(code !== 'INPUT_INVALID' && { credentialId: id }) })
    expect(leakScan(error, [accessKey.secretAccessKey])).toEqual([])
  })

  it.each([
    ['something else than XML', { body: '{"Account": "1"}' }],
    ['XML without an identity', { body: '<GetCallerIdentityResponse/>' }],
    ['too many requests', { status: 429 }],
    ['an internal error', { status: 500, body: document('InternalFailure') }],
  ] as const)('that is %s to a question of STS may be asked for later', async (_, answer) => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext(answer)
    const asked = manager.run(getCallerIdentity, { aws: id }, {})
    await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: id })
  })

  it('that does not come is not waited for longer than the caller does', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext('silence')
    const signal = AbortSignal.timeout(200)
    await expect(manager.run(getObject, { aws: id }, name, { signal })).rejects.toThrow('timeout')
  })
})
