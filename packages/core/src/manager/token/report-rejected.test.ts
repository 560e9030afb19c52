import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { World } from '../../../test/managers.ts'
import { apiKeyToken, defineCredential, secret } from '../../index.ts'

const key = z.object({ key: secret() })
const lamp = defineCredential({
  type: 'lamp_key',
  input: key,
  state: key,
  token: apiKeyToken,
  initialize: input => input,
  access: state => ({ value: state.key }),
})

describe('a credential whose type has nothing to refresh', () => {
  async function created() {
    const view = (await new World().manager()).as({ tenantId: 'acme' })
    return { view, id: await view.createCredential(lamp, { key: 'lamp-1' }) }
  }

  test('says so when it is refreshed, and works on', async () => {
    const { view, id } = await created()
    await expect(view.refreshCredential(id)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      credentialId: id,
    })
    expect((await view.getToken(id)).value.expose()).toBe('lamp-1')
  })

  test('needs its owner when its token is refused', async () => {
    const { view, id } = await created()
    const refused = view.reportRejected(id, await view.getToken(id))
    await expect(refused).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED', credentialId: id })
  })
})
