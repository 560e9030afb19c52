import type { z } from 'zod'
import {
  type ActionContext,
  type ActionDefinition,
  assertAction,
  type ClientsOf,
  defaultActionTimeoutMs,
  type Needs,
} from './define-action.ts'

/** What {@link defineStream} takes. */
export interface StreamDefinition<
  N extends Needs,
  InputSchema extends z.ZodType,
  ChunkSchema extends z.ZodType,
> extends Omit<ActionDefinition<N, InputSchema, ChunkSchema>, 'run' | 'output' | 'timeoutMs'> {
  /** What each piece looks like. */
  readonly chunk: ChunkSchema
  /** How long the next piece may take, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number
  run(
    clients: ClientsOf<N>,
    input: z.output<InputSchema>,
    context: ActionContext,
  ): AsyncIterable<z.input<ChunkSchema>>
}

/** An action whose result comes piece by piece. Made with {@link defineStream}, run by a view's `stream`. */
export interface StreamAction<N extends Needs = Needs, Given = unknown, Chunk = unknown> {
  readonly name: string
  readonly credentials: N
  readonly input: z.ZodType<unknown, Given>
  readonly chunk: z.ZodType<Chunk>
  readonly timeoutMs: number
  run(clients: ClientsOf<N>, input: unknown, context: ActionContext): AsyncIterable<unknown>
}

/**
 * Makes an action whose result comes piece by piece.
 *
 * @throws CredentialError CONFIG_INVALID when its name or its time is malformed
 * @example
 * for await (const { text } of acme.stream(tellStory, { writer: id }, { about: 'rain' })) process.stdout.write(text)
 */
export function defineStream<
  const N extends Needs,
  InputSchema extends z.ZodType,
  ChunkSchema extends z.ZodType,
>(
  definition: StreamDefinition<N, InputSchema, ChunkSchema>,
): StreamAction<N, z.input<InputSchema>, z.output<ChunkSchema>> {
  const timeoutMs = definition.timeoutMs ?? defaultActionTimeoutMs
  assertAction(definition.name, timeoutMs)
  return Object.freeze({ ...definition, timeoutMs }) as never
}
