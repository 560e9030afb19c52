import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceFault,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'

/** A Bot API server with one bot, as https://core.telegram.org/bots/api documents it. */
export interface BotApi extends LoopbackService {
  /** Replaces the bot's token, as @BotFather does: the old one is unknown from now on. */
  replaceToken(token: string): void
  /** What the next `getUpdates` hands out. */
  readonly updates: Record<string, unknown>[]
}

export async function startBotApi(botToken: string): Promise<BotApi> {
  let token = botToken
  let messages = 0
  const updates: BotApi['updates'] = []

  const sent = (request: ServiceRequest, content: object): ServiceAnswer => {
    const { chat_id } = parametersOf(request)
    if (chat_id === '-1') return refused(400, 'Bad Request: chat not found')
    if (chat_id === '-2') return refused(403, 'Forbidden: bot was blocked by the user')
    const chat = { id: Number(chat_id) || 42, type: 'private' }
    return result({ message_id: ++messages, date: 1_700_000_000, chat, ...content })
  }
  const methods: Record<string, (request: ServiceRequest) => ServiceAnswer> = {
    getMe: () => result({ id: 7, is_bot: true, first_name: 'Lamp', username: 'lamp_bot' }),
    sendMessage: request => sent(request, { text: parametersOf(request).text }),
    sendPhoto: request => sent(request, { photo: [{ file_id: 'photo-1' }] }),
    getUpdates: request => {
      const offset = Number(parametersOf(request).offset ?? 0)
      return result(updates.filter(({ update_id }) => (update_id as number) >= offset))
    },
  }
  const service = await startLoopbackService(request => {
    const [, given, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.path) ?? []
    if (given === undefined || !/^\d+:/.test(given)) return refused(404, 'Not Found')
    if (given !== token) return refused(401, 'Unauthorized')
    return methods[method]?.(request) ?? refused(404, 'Not Found: method not found')
  })
  return Object.assign(service, {
    updates,
    replaceToken(next: string) {
      token = next
    },
  })
}

/** An answer of the Bot API that says no. */
export function refused(error_code: number, description: string, parameters?: object): ServiceAnswer {
  return {
    status: error_code,
    json: { ok: false, error_code, description, ...(parameters && { parameters }) },
  }
}

/** What a Bot API server, or what stands before it, does when it cannot answer. */
export const faults = {
  'too many requests': refused(429, 'Too Many Requests: retry after 7', { retry_after: 7 }),
  'a bad gateway': { status: 502, body: '<html>bad gateway</html>' },
  'no JSON': { body: '<html>log in first</html>' },
  'another document': { json: { ok: true, result: { sentinel: true } } },
  'another refusal': { json: {} },
  'a reset': 'reset',
} as const satisfies Record<string, ServiceFault>

function result(value: unknown): ServiceAnswer {
  return { json: { ok: true, result: value } }
}

/** The parameters of a call: JSON, or the text fields of multipart/form-data. */
export function parametersOf(request: ServiceRequest): Record<string, string | undefined> {
  if (request.headers['content-type']?.startsWith('application/json')) {
    const entries = Object.entries(request.json())
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
  }
  const text = request.body.toString('latin1')
  const fields = text.matchAll(
    /name="(\w+)"(?:; filename="[^"]*")?\r\n(?:[^\r\n]+\r\n)*\r\n([\s\S]*?)\r\n--/g,
  )
  return Object.fromEntries([...fields].map(([, name = '', value]) => [name, value]))
}
