import { writeSync } from 'node:fs'
import {
  type BearerToken,
  type CredentialId,
  type CredentialManager,
  isCredentialError,
} from '../../src/index.ts'
import { Points } from './points.ts'

/** What a worker is told; it answers each with one message. */
export type Request<World> =
  | { readonly do: 'start' }
  | { readonly do: 'open'; readonly world: World }
  | { readonly do: 'get'; readonly id: string; readonly callers: number; readonly stop?: Stop | undefined }
  | { readonly do: 'close' }

/** A point at which the worker sends itself a signal. */
export interface Stop {
  readonly point: string
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** What the callers of one `get` saw: how often each token, and how often each error code. */
export interface Seen {
  readonly tokens: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  /** How long each took, in milliseconds, in ascending order. */
  readonly tookMs: readonly number[]
}

export type Answer = { readonly seen?: Seen } | { readonly failed: string }

/** The file descriptor that a worker writes the points it reaches to, one a line, before it goes on. */
export const pointsDescriptor = 4

/** Makes this process a worker: its parent tells it to open a manager, to ask it for tokens, and to close it. */
export function serveWorld<World>(
  open: (world: World, points: Points) => Promise<Pick<CredentialManager, 'as' | 'close'>>,
): void {
  let stop: Stop | undefined
  const points = new Points(point => {
    writeSync(pointsDescriptor, `${point}\n`)
    if (stop?.point !== point) return
    const { signal } = stop
    stop = undefined
    process.kill(process.pid, signal)
  })
  let manager: Pick<CredentialManager, 'as' | 'close'> | undefined

  async function perform(request: Request<World>): Promise<Answer> {
    if (request.do === 'open') manager = await open(request.world, points)
    if (request.do === 'close') await manager?.close()
    if (request.do !== 'get' || manager === undefined) return {}
    stop = request.stop
    points.arm()
    return { seen: await getTokens(manager, request.id, request.callers) }
  }

  process.on('message', (request: Request<World>) => {
    perform(request).then(
      answer => process.send?.(answer),
      error => process.send?.({ failed: String(error?.stack ?? error) } satisfies Answer),
    )
  })
  process.on('disconnect', () => process.exit())
}

async function getTokens(manager: Pick<CredentialManager, 'as'>, id: string, callers: number): Promise<Seen> {
  const view = manager.as({ tenantId: 'acme', actor: 'worker' })
  const tokens: Record<string, number> = {}
  const errors: Record<string, number> = {}
  const tookMs: number[] = []
  const startedAt = performance.now()
  const ask = async () => {
    try {
      const { value } = (await view.getToken(id as CredentialId<BearerToken>)) as unknown as {
        value: { expose(): string }
      }
      tokens[value.expose()] = (tokens[value.expose()] ?? 0) + 1
    } catch (error) {
      const code = isCredentialError(error) ? error.code : String(error)
      errors[code] = (errors[code] ?? 0) + 1
    }
    tookMs.push(performance.now() - startedAt)
  }
  await Promise.all(Array.from({ length: callers }, ask))
  return { tokens, errors, tookMs }
}
