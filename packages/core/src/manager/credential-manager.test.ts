import { FaultyStore, leakScan, PassThroughStore } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { accountOf, TokenServer } from '../../test/token-server.ts'
import {
  CredentialManager,
  type EncryptionKeys,
  keyRing,
  MemoryAuditSink,
  MemoryBackend,
  MemoryDistributedLock,
  MemoryOutbox,
  MemoryStateStore,
  passphraseKey,
  rawKey,
  type StateStore,
} from '../index.ts'

const account = accountOf(new TokenServer())
const grant = new TokenServer().grant(Date.now())
const small = { memoryKiB: 1_024, passes: 1 }

async function built(store: StateStore, passphrase = 'sentinel-passphrase') {
  return CredentialManager.builder()
    .withStorage(store)
    .withEncryption(passphraseKey(passphrase, small))
    .withCredentials(account)
    .build()
}

describe('build', () => {
  test('another passphrase is one clear error, and leaves the store untouched', async () => {
    const backend = new MemoryBackend()
    await using manager = await built(new MemoryStateStore(backend))
    const id = await manager.as({ tenantId: 'acme' }).createCredential(account, grant)
    const store = new FaultyStore(new MemoryStateStore(backend))
    const error = await built(store, 'sentinel-other').then(
      () => expect.unreachable(),
      (reason: Error) => reason,
    )
    expect(error).toMatchObject({ code: 'KEY_MISMATCH', message: expect.stringContaining('fingerprint') })
    expect(leakScan(error, ['sentinel-passphrase', 'sentinel-other'])).toEqual([])
    for (const method of [
      'createHeader',
      'replaceHeader',
      'create',
      'replace',
      'updateMetadata',
      'delete',
    ] as const) {
      expect(store.callsOf(method)).toBe(0)
    }
    await using again = await built(new MemoryStateStore(backend))
    await expect(again.as({ tenantId: 'acme' }).getToken(id)).resolves.toBeDefined()
  })

  test('no passphrase is refused', () => {
    for (const missing of [undefined, '']) {
      expect(() => passphraseKey(missing)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    }
  })

  describe('a store that lost all it held while a manager was using it', () => {
    async function emptied() {
      const backend = new MemoryBackend()
      const manager = await built(new MemoryStateStore(backend))
      backend.header = undefined
      return { backend, view: manager.as({ tenantId: 'acme' }), manager }
    }

    test('takes no credential that would never open again', async () => {
      const { backend, manager, view } = await emptied()
      await using _ = manager
      const error = await view.createCredential(account, grant).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'KEY_MISMATCH', message: expect.stringContaining('Start') })
      expect(backend.records.size).toBe(0)
      await using later = await built(new MemoryStateStore(backend))
      await expect(later.as({ tenantId: 'acme' }).createCredential(account, grant)).resolves.toBeDefined()
    })

    test('takes none either when another process has begun it anew', async () => {
      const { backend, manager, view } = await emptied()
      await using _ = manager
      await using other = await built(new MemoryStateStore(backend))
      await expect(view.createCredential(account, grant)).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
      expect(backend.records.size).toBe(0)
      await expect(other.as({ tenantId: 'acme' }).createCredential(account, grant)).resolves.toBeDefined()
    })
  })

  test('a key that another process has added meanwhile does not make it another store', async () => {
    const backend = new MemoryBackend()
    const [first, second] = [
      rawKey(Buffer.alloc(32, 1), { keyId: 'a' }),
      rawKey(Buffer.alloc(32, 2), { keyId: 'b' }),
    ]
    const withKeys = (keys: EncryptionKeys) =>
      CredentialManager.builder()
        .withStorage(new MemoryStateStore(backend))
        .withEncryption(keys)
        .withCredentials(account)
        .build()
    await using manager = await withKeys(first)
    await using other = await withKeys(keyRing({ current: second, old: [first] }))
    const id = await manager.as({ tenantId: 'acme' }).createCredential(account, grant)
    await expect(other.as({ tenantId: 'acme' }).getToken(id)).resolves.toBeDefined()
  })

  test('a store with records whose header is gone is refused', async () => {
    const backend = new MemoryBackend()
    await using manager = await built(new MemoryStateStore(backend))
    await manager.as({ tenantId: 'acme' }).createCredential(account, grant)
    backend.header = undefined
    await expect(built(new MemoryStateStore(backend))).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
  })

  test.for(['lock', 'outbox', 'audit'] as const)(
    'a store without %s is refused until one is given',
    async companion => {
      const backend = new MemoryBackend()
      const bare = Object.assign(new PassThroughStore(new MemoryStateStore(backend)), {
        [companion]: undefined,
      })
      const builder = CredentialManager.builder()
        .withStorage(bare)
        .withEncryption(rawKey(Buffer.alloc(32, 1)))
      const missing = { lock: 'withLock', outbox: 'withOutbox', audit: 'withAudit' }[companion]
      await expect(builder.build()).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(missing),
      })
      const whole = {
        lock: () => builder.withLock(new MemoryDistributedLock(backend)),
        outbox: () => builder.withOutbox(new MemoryOutbox(backend)),
        audit: () => builder.withAudit(new MemoryAuditSink()),
      }[companion]()
      await using manager = await whole.build()
      await expect(manager.as({ tenantId: 'acme' }).createCredential(account, grant)).resolves.toBeDefined()
    },
  )

  test.for([
    ['a path', 'nebula.db', 'withStorage takes a store'],
    ['a promise of a store', Promise.resolve(new MemoryStateStore()), 'await the promise first'],
  ] as const)('%s is not taken for a store', async ([, storage, says]) => {
    await expect(built(storage as never)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says),
    })
  })

  test.for([['sentinel-passphrase'], [Buffer.alloc(32)], [{}]] as const)(
    'a bare key is not taken for a source of keys (%#)',
    async ([keys]) => {
      const builder = CredentialManager.builder().withStorage(new MemoryStateStore())
      const error = await builder
        .withEncryption(keys as never)
        .build()
        .catch((reason: Error) => reason)
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('withEncryption takes passphraseKey'),
      })
      expect(leakScan(error, ['sentinel-passphrase'])).toEqual([])
    },
  )

  test.for([
    ['an array', [account], 'one by one'],
    ['undefined, as a circular import gives', undefined, 'check its import'],
  ] as const)('%s is not taken for a credential type', async ([, types, says]) => {
    const builder = CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 1)))
    await expect(builder.withCredentials(types as never).build()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says),
    })
  })

  test('a policy with a number that is none, or that does not exist, is refused', async () => {
    const builder = CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 1)))
    for (const policy of [{ lockWaitMs: -1 }, { lockWaitMs: Number.NaN }, { lockWait: 1 } as never]) {
      await expect(builder.withPolicy(policy).build()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    }
  })

  test('a builder can be used again: it is not changed by its methods', async () => {
    const backend = new MemoryBackend()
    const builder = CredentialManager.builder()
      .withEncryption(rawKey(Buffer.alloc(32, 1)))
      .withStorage(new MemoryStateStore(backend))
    const withContext = builder.withContext({ tenantId: 'acme', actor: 'cron' })
    await using manager = await withContext.withCredentials(account).build()
    const id = await manager.createCredential('account', grant)
    expect((await manager.getToken(id)).value.expose()).toBe(grant.accessToken)
    await using other = await builder.build()
    await expect(other.getToken(id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('close', () => {
  test('ends everything, may be called twice, and writes what was counted', async () => {
    const backend = new MemoryBackend()
    const manager = await built(new MemoryStateStore(backend))
    const view = manager.as({ tenantId: 'acme', actor: 'worker' })
    const id = await view.createCredential(account, grant)
    for (let i = 0; i < 100; i++) await view.getToken(id)
    await Promise.all([manager.close(), manager.close()])
    await using again = await built(new MemoryStateStore(backend))
    const events = await Array.fromAsync(
      again.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    const reads = events.filter(({ event }) => event.action === 'credential.read')
    expect(reads.reduce((sum, { event }) => sum + (event.count ?? 1), 0)).toBe(100)
    expect(reads.map(({ event }) => event.actor)).toEqual(['worker'])
  })
})

test('the operator sees all tenants and their audit, and has no way to a token', async () => {
  await using manager = await built(new MemoryStateStore())
  for (const tenantId of ['a', 'b', 'c']) await manager.as({ tenantId }).createCredential(account, grant)
  const operator = manager.operator('root')
  expect((await operator.list()).credentials.map(each => each.scope.tenantId)).toEqual(['a', 'b', 'c'])
  expect(await operator.verifyAudit()).toMatchObject({ intact: true })
  expect(operator).not.toHaveProperty('getToken')
  const own = await Array.fromAsync(operator.readAudit({ tenantId: '' }))
  expect(own.map(({ event }) => event.action)).toEqual([
    'operator.list',
    'operator.verify_audit',
    'operator.read_audit',
  ])
})
