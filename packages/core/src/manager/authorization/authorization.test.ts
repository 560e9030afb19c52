import { leakScan } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { ada, ConsentStage, callbackOf, rejection } from '../../../test/consent-stage.ts'
import {
  type Authorization,
  type Context,
  CredentialError,
  MemoryStateStore,
  ProviderFailure,
} from '../../index.ts'

const input = { clientSecret: 'sentinel-client' }

describe('a connection', () => {
  test('is begun in one process and completed in another, and keeps the id it was promised', async () => {
    const stage = new ConsentStage()
    const one = await stage.view()
    const begun = await one.beginAuthorization(stage.type, input, { name: 'Mail', labels: { team: 'a' } })
    expect(await one.describe(begun.credentialId)).toMatchObject({ lifecycle: 'PendingInteraction' })
    await expect(one.getToken(begun.credentialId)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })

    const other = await stage.view()
    const { browserBinding } = begun
    const id = await other.resumeAuthorization(callbackOf(begun), { browserBinding, definition: stage.type })
    expect(id).toBe(begun.credentialId)
    expect((await one.getToken(id)).value.expose()).toBe('sentinel-access-c1')
    expect(await one.describe(id)).toMatchObject({
      lifecycle: 'Active',
      name: 'Mail',
      labels: { team: 'a' },
      scope: { tenantId: 'acme', userId: 'ada' },
      account: { id: 'account-1', label: 'sentinel-label' },
      permissions: { asked: ['read', 'write'], granted: ['read'] },
    })
  })

  test.each([
    ['a URL', (text: string) => new URL(text, 'https://app.example')],
    ['what was posted', (text: string) => new URLSearchParams(text.split('?')[1])],
  ])('is completed by %s too', async (_, form) => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    await view.resumeAuthorization(form(callbackOf(begun)), begun)
    await view.getToken(begun.credentialId)
  })

  test('shows no secret of its flow', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    const secrets = [
      'sentinel-client',
      'sentinel-nonce',
      begun.state.split('.')[1] ?? '',
      begun.browserBinding,
    ]
    const store = new MemoryStateStore(stage.backend)
    const record = await store.get('acme', begun.credentialId)
    const shown = [record, await view.list(), await view.describe(begun.credentialId), await stage.events()]
    for (const thing of shown) expect(leakScan(thing, secrets)).toEqual([])
    expect(Buffer.from(record?.state ?? []).toString('latin1')).not.toContain('sentinel')
  })

  test('that is renamed, shared or moved while it is pending is completed all the same', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    await view.updateCredential(begun.credentialId, { name: 'New', shares: [{ userId: 'bob' }] })
    await view.resumeAuthorization(callbackOf(begun), begun)
    expect(await view.describe(begun.credentialId)).toMatchObject({ name: 'New', lifecycle: 'Active' })
  })

  test('needs a person, and a type that asks one', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    await expect(view.createCredential(stage.type, input)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    const { interactive: _none, ...plain } = stage.type
    const other = { ...plain, type: 'other' } as unknown as typeof stage.type
    await expect(view.beginAuthorization(other, input)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await expect(view.beginAuthorization(stage.type, { clientSecret: '' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
  })

  test('leaves nothing behind when the provider cannot be asked', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    stage.server.failures.push(new ProviderFailure('transient', 'down'))
    await expect(view.beginAuthorization(stage.type, input)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    })
    expect((await view.list()).credentials).toEqual([])
  })
})

describe('a callback', () => {
  const forgeries: Record<string, (begun: Authorization) => [string, string | undefined, Context?]> = {
    'without a state': ({ browserBinding }) => ['/callback?code=c1', browserBinding],
    'with two states': ({ state, browserBinding }) => [
      `/callback?code=c1&state=${state}&state=${state}`,
      browserBinding,
    ],
    'with a state that names nothing': ({ browserBinding }) => [
      `/callback?code=c1&state=connection_${'0'.repeat(26)}.x`,
      browserBinding,
    ],
    'with a guessed state': ({ state, browserBinding }) => [
      `/callback?code=c1&state=${state.split('.')[0]}.${'A'.repeat(43)}`,
      browserBinding,
    ],
    'without a browser binding': begun => [callbackOf(begun), undefined],
    "in another person's browser": begun => [callbackOf(begun), 'A'.repeat(43)],
    'in another tenant': begun => [callbackOf(begun), begun.browserBinding, { ...ada, tenantId: 'evil' }],
    'for another user': begun => [callbackOf(begun), begun.browserBinding, { ...ada, userId: 'bob' }],
    'for another workflow': begun => [
      callbackOf(begun),
      begun.browserBinding,
      { ...ada, workflowId: 'w', tags: ['t'] },
    ],
  }

  test.each(Object.entries(forgeries))(
    '%s is a forgery, which is audited and uses nothing up',
    async (_, forge) => {
      const stage = new ConsentStage()
      const view = await stage.view()
      const begun = await view.beginAuthorization(stage.type, input)
      const [callback, browserBinding, context = ada] = forge(begun)
      const attacker = await stage.view(context)
      const error = await rejection(attacker.resumeAuthorization(callback, { browserBinding }))
      expect(error).toMatchObject({ code: 'FLOW_FORGED' })
      expect(error.credentialId).toBeUndefined()
      expect(stage.server.exchanged).toEqual([])
      await attacker.list()
      const denied = { action: 'flow.resume', outcome: 'denied', code: 'FLOW_FORGED' }
      expect(await stage.events(context.tenantId)).toContainEqual(expect.objectContaining(denied))
      await view.resumeAuthorization(callbackOf(begun), begun)
    },
  )

  test('all forgeries look the same', async () => {
    const messages = new Set<string>()
    for (const forge of Object.values(forgeries)) {
      const stage = new ConsentStage()
      const begun = await (await stage.view()).beginAuthorization(stage.type, input)
      const [callback, browserBinding, context = ada] = forge(begun)
      const attacker = await stage.view(context)
      messages.add((await rejection(attacker.resumeAuthorization(callback, { browserBinding }))).message)
    }
    expect(messages.size).toBe(1)
  })

  test('is used by one of a hundred who bring it at the same moment, and the code exchanged once', async () => {
    const stage = new ConsentStage()
    const views = [await stage.view(), await stage.view()]
    const begun = await (views[0] as (typeof views)[0]).beginAuthorization(stage.type, input)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, caller) =>
        (views[caller % 2] as (typeof views)[0]).resumeAuthorization(callbackOf(begun), begun),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const codes = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(new Set(codes)).toEqual(new Set(['FLOW_REPLAYED']))
    expect(stage.server.exchanged).toEqual(['c1'])
  })

  test('that was used stays a replay, also after the credential has changed or failed', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    await view.resumeAuthorization(callbackOf(begun), begun)
    await view.updateCredential(begun.credentialId, { name: 'New' })
    await view.verifyCredential(begun.credentialId)
    const replay = view.resumeAuthorization(callbackOf(begun), begun)
    await expect(replay).rejects.toMatchObject({ code: 'FLOW_REPLAYED' })
    expect(await stage.events()).toContainEqual(
      expect.objectContaining({ outcome: 'failure', code: 'FLOW_REPLAYED', reason: 'used' }),
    )
    await view.revokeCredential(begun.credentialId)
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'FLOW_REPLAYED',
    })
  })

  test('that comes too late is told so for an hour, and then the flow is removed', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    await stage.clock.advance(begun.expiresAt - stage.clock.now())
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'FLOW_EXPIRED',
    })
    expect(stage.server.exchanged).toEqual([])
    expect(await stage.events()).toContainEqual(expect.objectContaining({ code: 'FLOW_EXPIRED' }))
    await view.beginAuthorization(stage.type, input)
    await stage.clock.advance(3_600_000)
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'FLOW_EXPIRED',
    })
    await view.beginAuthorization(stage.type, input)
    await stage.clock.advance(1)
    await expect(view.describe(begun.credentialId)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  })

  test('from another server is refused, audited and uses the flow up', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    const mixedUp = callbackOf(begun, { iss: 'https://evil.example' })
    await expect(view.resumeAuthorization(mixedUp, begun)).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' })
    expect(stage.server.exchanged).toEqual([])
    expect(await stage.events()).toContainEqual(
      expect.objectContaining({ outcome: 'failure', code: 'ISSUER_MISMATCH' }),
    )
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'FLOW_REPLAYED',
    })
    expect((await view.list()).credentials).toEqual([])
  })

  test.each([
    ['terminal', 'REAUTHORIZATION_REQUIRED'],
    ['unknown', 'REAUTHORIZATION_REQUIRED'],
    ['config', 'PROVIDER_REJECTED'],
  ] as const)('whose exchange fails as %s ends the connection with %s', async (kind, code) => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    stage.server.failures.push(new ProviderFailure(kind, 'access_denied'))
    const error = await rejection(view.resumeAuthorization(callbackOf(begun), begun))
    expect(error).toMatchObject({ code, message: expect.stringContaining('access_denied') })
    expect((await view.list()).credentials).toEqual([])
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'FLOW_REPLAYED',
    })
  })

  test('whose exchange never took place can be brought again', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    stage.server.failures.push(new ProviderFailure('transient', 'no connection'))
    const error = await rejection(view.resumeAuthorization(callbackOf(begun), begun))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
    await view.resumeAuthorization(callbackOf(begun), begun)
    await view.getToken(begun.credentialId)
  })

  test('in which the person mistyped something can be corrected', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    const issues = [{ path: 'code', reason: 'must be 6 digits' }]
    stage.server.failures.push(new CredentialError('INPUT_INVALID', 'Enter it again', { issues }))
    const error = await rejection(view.resumeAuthorization(callbackOf(begun), begun))
    expect(error).toMatchObject({ code: 'INPUT_INVALID', issues })
    expect(await view.describe(begun.credentialId)).toMatchObject({ lifecycle: 'PendingInteraction' })
    await view.resumeAuthorization(callbackOf(begun), begun)
    await view.getToken(begun.credentialId)
  })

  test('whose credential was deleted during the exchange is given back to the provider', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.server.hold = promise
    const resumed = rejection(view.resumeAuthorization(callbackOf(begun), begun))
    await expect.poll(() => stage.server.exchanged).toEqual(['c1'])
    await view.deleteCredential(begun.credentialId)
    resolve()
    expect(await resumed).toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
    expect(stage.server.revoked).toEqual(['sentinel-access-c1'])
  })

  test('after a tampered record does not complete anything', async () => {
    const stage = new ConsentStage()
    const view = await stage.view()
    const begun = await view.beginAuthorization(stage.type, input)
    const store = new MemoryStateStore(stage.backend)
    const record = await store.get('acme', begun.credentialId)
    if (record === undefined) expect.unreachable()
    await store.replace({ ...record, version: 2, scope: { tenantId: 'acme' } })
    await expect(view.resumeAuthorization(callbackOf(begun), begun)).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
    await view.list()
    expect(await stage.events()).toContainEqual(expect.objectContaining({ outcome: 'violation' }))
  })
})
