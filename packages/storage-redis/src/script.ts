import { Command } from 'ioredis'
import type { RedisClient } from './options.ts'

/** One atomic operation: a file of `lua/`. */
export interface Script {
  readonly name: string
  /** What EVALSHA calls it by. */
  readonly sha1: string
  readonly source: string
}

export type ScriptArgument = string | number | Buffer

/** Runs a script by its hash, or by its text where the server does not know it yet. Text comes back as bytes. */
export async function runScript(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...args]
  try {
    return await send(client, 'EVALSHA', [script.sha1, ...rest])
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return await send(client, 'EVAL', [script.source, ...rest])
  }
}

/**
 * Runs a script that answers with an integer, and waits until so many replicas have what this connection has written.
 * Returns the answer and the number of replicas that had it in time.
 */
export async function runScriptAndWait(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
  replicas: { readonly count: number; readonly timeoutMs: number },
): Promise<{ readonly answer: unknown; readonly replicas: number }> {
  const rest = [keys.length, ...keys, ...args]
  const attempt = async (command: 'EVALSHA' | 'EVAL', text: string) => {
    // One pipeline, so that both travel on one connection: WAIT speaks for the connection it is sent on.
    const replies = await client
      .pipeline()
      .call(command, text, ...rest)
      .call('WAIT', replicas.count, replicas.timeoutMs)
      .exec()
    for (const [error] of replies ?? []) if (error) throw error
    return { answer: replies?.[0]?.[1], replicas: Number(replies?.[1]?.[1]) }
  }
  try {
    return await attempt('EVALSHA', script.sha1)
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return await attempt('EVAL', script.source)
  }
}

// Not by the client's `call`, which with `enableAutoPipelining` sends its arguments without their command.
function send(client: RedisClient, name: string, args: ScriptArgument[]): unknown {
  return client.sendCommand(new Command(name, args, { replyEncoding: null }))
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
