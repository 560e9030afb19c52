import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'

const pagePattern = /^\/interaction\/([^/]+)(\/login|\/consent|\/deny)?$/

/** Whether a path is one of the login and consent pages. */
export const isInteractionPath = (path: string) => pagePattern.test(path)

/** Shows and takes the pages on which a person signs in and consents. */
export async function answerInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const step = pagePattern.exec((request.url ?? '').split('?')[0] ?? '')?.[2]
  try {
    const details = await provider.interactionDetails(request, response)
    const finish = (result: object) =>
      provider.interactionFinished(request, response, result as never, { mergeWithLastSubmission: true })
    if (request.method !== 'POST') return show(response, details.uid, details.prompt.name)
    const fields = new URLSearchParams(await bodyOf(request))
    if (step === '/login') return await finish({ login: { accountId: fields.get('account') } })
    if (step === '/consent') {
      return await finish({ consent: { grantId: await grantOf(provider, details, fields.get('scope')) } })
    }
    return await finish({ error: 'access_denied', error_description: 'The person said no' })
  } catch {
    response.writeHead(400).end('This page is no longer valid')
  }
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

/** What the person consents to: all that is asked for, or the part of it that they leave ticked. */
async function grantOf(provider: Provider, details: Details, ticked: string | null): Promise<string> {
  const { params, session, grantId } = details
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant =
    existing ??
    new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params.client_id) })
  const asked = String(params.scope ?? '').split(' ')
  const granted = ticked === null || ticked === '' ? asked : ticked.split(' ')
  grant.addOIDCScope(granted.join(' '))
  const refused = asked.filter(scope => !granted.includes(scope))
  if (refused.length > 0) grant.rejectOIDCScope(refused.join(' '))
  for (const resource of [params.resource ?? []].flat() as string[]) {
    grant.addResourceScope(resource, granted.join(' '))
  }
  return grant.save()
}

function show(response: ServerResponse, uid: string, prompt: string): void {
  const form = (action: string, fields: string) =>
    `<form method="post" action="/interaction/${uid}/${action}">${fields}<button>${action}</button></form>`
  const body =
    prompt === 'login'
      ? form('login', '<input name="account">')
      : form('consent', '<input name="scope">') + form('deny', '')
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<h1>${prompt}</h1>${body}`)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
