import fc from 'fast-check'
import { expect, test } from 'vitest'
import { associatedData } from '../encryption/associated-data.ts'
import { scopeAllows } from '../record/scope.ts'
import { storedShares, storedTags } from './stored-scope.ts'

test('tags and shares as they were written are read as they are', () => {
  expect(storedTags(['a', 'b'])).toEqual(['a', 'b'])
  const shares = [{ workflowId: 'w' }, { userId: 'u' }]
  expect(storedShares(shares)).toEqual(shares)
})

test('whatever stands there, the scope can be checked and the seal compared', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (tags, shares) => {
      const scope = { tenantId: 't', workflowId: 'w', userId: 'u', tags: storedTags(tags) }
      const fields = {
        id: 'x_1' as never,
        type: 'x',
        status: 'active' as const,
        stateVersion: 1,
        generation: 1,
      }
      scopeAllows(scope, storedShares(shares), { tenantId: 't' })
      expect(associatedData('state', { ...fields, scope, shares: storedShares(shares) })).toBeDefined()
    }),
  )
})
