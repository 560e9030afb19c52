import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceFault,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'

/** A server of the OpenAI API, as https://platform.openai.com/docs/api-reference documents it, and as Azure does. */
export interface OpenaiService extends LoopbackService {
  /** Replaces the key: the old one is refused from now on. */
  replaceKey(key: string): void
}

export async function startOpenai(apiKey: string): Promise<OpenaiService> {
  let key = apiKey
  const service = await startLoopbackService(request => {
    const azure = request.path.startsWith('/openai/')
    const given = azure ? request.headers['api-key'] : request.headers.authorization
    if (given !== (azure ? key : `Bearer ${key}`)) return refused(401, 'invalid_api_key')
    if (azure && request.query.get('api-version') === null) return refused(404, 'missing_version')
    const answer = answers[request.path.replace(/^\/(v1|openai(\/deployments\/[^/]+)?)\//, '')]
    return answer?.(request) ?? refused(404, 'unknown_url')
  })
  return Object.assign(service, {
    replaceKey(next: string) {
      key = next
    },
  })
}

/** An answer that says no. */
export function refused(status: number, code: string, headers: Record<string, string> = {}): ServiceAnswer {
  const error = { message: `refused: sentinel-message`, type: 'invalid_request_error', param: null, code }
  return { status, headers, json: { error } }
}

/** What the API, or what stands before it, does when it cannot answer. */
export const faults = {
  'too many requests': refused(429, 'rate_limit_exceeded', { 'retry-after': '7' }),
  'a server error': refused(503, 'overloaded'),
  'no JSON': { headers: { 'content-type': 'application/json' }, body: '<html>sentinel</html>' },
  'a page': { headers: { 'content-type': 'text/html' }, body: '<html>sentinel</html>' },
  'another document': { json: { sentinel: true } },
  'a reset': 'reset',
} as const satisfies Record<string, ServiceFault>

const answers: Record<string, (request: ServiceRequest) => ServiceAnswer> = {
  models: () => ({
    headers: { 'openai-organization': 'acme-lamps' },
    json: { object: 'list', data: [{ id: 'gpt-lamp', object: 'model' }] },
  }),
  'chat/completions': request => {
    const { model, stream, tools } = request.json()
    if (model === 'unknown') return refused(404, 'model_not_found')
    if (stream) return { headers: { 'content-type': 'text/event-stream' }, body: events(model as string) }
    const message = tools
      ? { role: 'assistant', content: null, tool_calls: [{ id: 'call-1', type: 'function' }] }
      : { role: 'assistant', content: 'Light.' }
    const choices = [{ index: 0, message, finish_reason: tools ? 'tool_calls' : 'stop' }]
    return { json: { id: 'chat-1', object: 'chat.completion', model, choices, usage: chatUsage } }
  },
  responses: request => {
    const { model } = request.json()
    const content = [{ type: 'output_text', text: 'Three lamps.', annotations: [] }]
    const output = [{ type: 'message', id: 'msg-1', role: 'assistant', status: 'completed', content }]
    const usage = { input_tokens: 4, output_tokens: 3, total_tokens: 7 }
    return { json: { id: 'resp-1', object: 'response', status: 'completed', model, output, usage } }
  },
  embeddings: request => {
    const { model, input, encoding_format } = request.json()
    const texts = Array.isArray(input) ? input : [input]
    const data = texts.map((_, index) => {
      const numbers = [index + 0.5, 1]
      const embedding =
        encoding_format === 'base64'
          ? Buffer.from(new Float32Array(numbers).buffer).toString('base64')
          : numbers
      return { object: 'embedding', index, embedding }
    })
    return {
      json: { object: 'list', model, data: data.reverse(), usage: { prompt_tokens: 2, total_tokens: 2 } },
    }
  },
}

const chatUsage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }

async function* events(model: string): AsyncGenerator<string> {
  const piece = (delta: object, finish_reason: string | null = null, rest: object = {}) =>
    event({
      id: 'chat-1',
      object: 'chat.completion.chunk',
      model,
      choices: [{ index: 0, delta, finish_reason }],
      ...rest,
    })
  yield piece({ role: 'assistant', content: '' })
  yield piece({ content: 'Li' })
  if (model === 'breaks') {
    yield event({ error: { message: 'sentinel-message', type: 'server_error', code: null } })
    return
  }
  if (model === 'hangs') await new Promise(() => {})
  yield piece({ content: 'ght.' })
  yield piece({}, 'stop')
  yield event({ id: 'chat-1', object: 'chat.completion.chunk', model, choices: [], usage: chatUsage })
  yield 'data: [DONE]\n\n'
}

function event(json: object): string {
  return `data: ${JSON.stringify(json)}\n\n`
}
