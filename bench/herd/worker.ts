import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { isCredentialError } from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { buildManager } from './manager.ts'
import type { FromParent, FromWorker, Result, Task } from './messages.ts'

const [{ task }] = (await once(process, 'message')) as [FromParent & { readonly task: Task }]
const manager = await buildManager(task)
tell({ kind: 'ready' })
await once(process, 'message')
tell({ kind: 'result', result: await callAll(task) })
await manager.close()
process.disconnect()

async function callAll({ credentialId, callers }: Task): Promise<Result> {
  const id = oauth2RefreshToken.id(credentialId)
  const waits: number[] = []
  const errors: Record<string, number> = {}
  const tokens = new Set<string>()
  const call = async () => {
    const startedAt = performance.now()
    try {
      const token = await manager.getToken(id)
      tokens.add(createHash('sha256').update(token.value.expose()).digest('hex'))
    } catch (error) {
      const code = isCredentialError(error) ? error.code : String(error)
      errors[code] = (errors[code] ?? 0) + 1
    }
    waits.push(performance.now() - startedAt)
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { waits, errors, tokens: [...tokens] }
}

function tell(message: FromWorker): void {
  process.send?.(message)
}
