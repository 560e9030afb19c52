import type { z } from 'zod'
import type { Action } from '../action/define-action.ts'
import type { StreamAction } from '../action/define-stream.ts'
import { CredentialError } from '../errors.ts'
import { ActionUse, type Request } from './action-use.ts'

export interface RunOptions {
  /** Ends the work. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs an action with clients of the credentials that the request names.
 *
 * @throws CredentialError INPUT_INVALID; TYPE_MISMATCH; as getToken of the credentials; REAUTHORIZATION_REQUIRED,
 * PROVIDER_REJECTED and PROVIDER_UNAVAILABLE by what the service answered; what else the action throws comes as it is
 */
export async function runAction(request: Request, action: Action): Promise<unknown> {
  const use = await ActionUse.begin(request, action)
  try {
    const { clients, input, context } = use
    const result = await use.within(() => action.run(clients, input, context))
    const output = await parseOutput(action.name, action.output, result)
    use.succeeded()
    return output
  } catch (error) {
    throw await use.failed(error)
  }
}

/** As {@link runAction}, piece by piece. Whoever stops taking pieces ends the work. */
export async function* streamAction(request: Request, action: StreamAction): AsyncGenerator<unknown, void> {
  const use = await ActionUse.begin(request, action)
  const { clients, input, context } = use
  let pieces: AsyncIterator<unknown> | undefined
  try {
    const running = action.run(clients, input, context)[Symbol.asyncIterator]()
    pieces = running
    for (;;) {
      const next = await use.within(() => running.next())
      if (next.done) break
      yield await parseOutput(action.name, action.chunk, next.value)
    }
    use.succeeded()
  } catch (error) {
    throw await use.failed(error)
  } finally {
    use.abandoned()
    // Not waited for: it may wait for the very piece that did not come.
    void Promise.resolve(pieces?.return?.()).catch(() => undefined)
  }
}

/** @throws CredentialError CONFIG_INVALID when an action does not return what it declares */
async function parseOutput(action: string, schema: z.ZodType, value: unknown): Promise<unknown> {
  const parsed = await schema.safeParseAsync(value)
  if (parsed.success) return parsed.data
  throw new CredentialError(
    'CONFIG_INVALID',
    `Action ${action} did not return what it declares as its output`,
    {
      // The parser's sentences may quote what was returned.
      issues: parsed.error.issues.map(({ path, code }) => ({
        path: path.join('.') || '(output)',
        reason: code,
      })),
    },
  )
}
