import { type CredentialManager, rawKey } from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { backendOf } from './backend/backends.ts'
import type { Task } from './messages.ts'

/** The manager of one process of a herd, as a program would build it. */
export function buildManager(task: Pick<Task, 'backend' | 'location' | 'key'>): Promise<CredentialManager> {
  return backendOf(task.backend)
    .connect(task.location)
    .withEncryption(rawKey(task.key))
    .withCredentials(oauth2RefreshToken)
    .withContext({ tenantId: 'acme', actor: 'herd' })
    .withFetch(guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true }))
    .build()
}
