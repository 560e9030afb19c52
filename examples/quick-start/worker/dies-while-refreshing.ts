import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { loopbackFetch } from '../open-manager.ts'
import { startWorker, tell } from './start-worker.ts'

// The token request, and nothing else, is held back for ever.
const worker = startWorker(async (input, init) => {
  if (init?.method !== 'POST') return loopbackFetch(input, init)
  tell('about to send the token request')
  return new Promise(() => {})
})
const [id = ''] = worker.args
await using manager = await worker.manager
await manager.as({ tenantId: 'acme', actor: 'short-lived-worker' }).getToken(oauth2RefreshToken.id(id))
