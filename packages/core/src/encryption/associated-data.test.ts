import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SealedFields } from '../record/credential-record.ts'
import { newCredentialId } from '../record/ids.ts'
import { associatedData, type SealPurpose } from './associated-data.ts'
import type { EncryptionProvider } from './encryption-provider.ts'
import { openEncryption } from './open-encryption.ts'
import { rawKey } from './raw-key.ts'
import { MemoryHeader } from './test/memory-header.ts'

const fields: SealedFields = {
  id: newCredentialId('service_key'),
  type: 'service_key',
  scope: { tenantId: 'acme', workflowId: 'w1', tags: ['a', 'b'] },
  shares: [{ workflowId: 'w2' }],
  status: 'active',
  stateVersion: 1,
  generation: 3,
}

const moved: [string, Partial<SealedFields>][] = [
  ['to another tenant', { scope: { ...fields.scope, tenantId: 'evil' } }],
  ['to another row', { id: newCredentialId('service_key') }],
  ['to another type', { type: 'other_key' }],
  ['out of its workflow', { scope: { tenantId: 'acme', tags: ['a', 'b'] } }],
  ['from workflow to user', { scope: { tenantId: 'acme', userId: 'w1', tags: ['a', 'b'] } }],
  ['out of a tag', { scope: { ...fields.scope, tags: ['a'] } }],
  ['into one tag of two', { scope: { ...fields.scope, tags: ['ab'] } }],
  ['out of its shares', { shares: [] }],
  ['to a share with a user', { shares: [{ userId: 'w2' }] }],
  ['back from a status', { status: 'revoked' }],
  ['to another state version', { stateVersion: 2 }],
  ['back a generation', { generation: 2 }],
]

describe('the associated data of a credential', () => {
  let provider: EncryptionProvider
  beforeAll(async () => {
    provider = (await openEncryption(rawKey(randomBytes(32)), new MemoryHeader())).provider
  })

  const open = async (sealed: Uint8Array, purpose: SealPurpose, as: SealedFields) =>
    Buffer.from(await provider.decrypt(sealed, associatedData(purpose, as))).toString()

  it.each(moved)('keeps a ciphertext from being moved %s', async (_, change) => {
    const sealed = await provider.encrypt(Buffer.from('state'), associatedData('state', fields))
    expect(await open(sealed, 'state', { ...fields })).toBe('state')
    await expect(open(sealed, 'state', { ...fields, ...change })).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
  })

  it('keeps a ciphertext of one purpose from opening as another', async () => {
    const purposes: SealPurpose[] = ['state', 'token', 'flow', 'outbox']
    for (const made of purposes) {
      const sealed = await provider.encrypt(Buffer.from('x'), associatedData(made, fields))
      for (const asked of purposes) {
        if (asked === made) expect(await open(sealed, asked, fields)).toBe('x')
        else await expect(open(sealed, asked, fields)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
      }
    }
  })
})
