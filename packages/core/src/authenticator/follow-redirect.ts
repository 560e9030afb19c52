import { CredentialError } from '../errors.ts'
import type { RepeatableRequest } from './repeatable-request.ts'

const maxRedirects = 20
const redirects = new Set([301, 302, 303, 307, 308])

/**
 * The request that a redirect asks for; undefined when a response is none, or its caller wants to see it.
 * @throws CredentialError PROVIDER_REJECTED for a redirect that cannot be followed; NOT_SUPPORTED when it wants a
 * stream again
 */
export function followRedirect(
  request: RepeatableRequest,
  response: Response,
  followed: number,
): RepeatableRequest | undefined {
  const location = redirects.has(response.status) ? response.headers.get('location') : null
  if (location === null || request.redirect === 'manual') return undefined
  if (request.redirect === 'error') throw refused(request, 'redirects, which its caller forbids')
  if (followed >= maxRedirects) throw refused(request, `redirects more than ${maxRedirects} times`)
  const url = URL.parse(location, request.url)
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused(request, 'redirects to what is no URL')
  if (url.username !== '' || url.password !== '') throw refused(request, 'redirects to a URL with a password')
  return wantsGet(request.method, response.status) ? request.asGet(url.href) : request.to(url.href)
}

function wantsGet(method: string, status: number): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return status === 303 || (method === 'POST' && (status === 301 || status === 302))
}

function refused({ origin }: RepeatableRequest, what: string): CredentialError {
  return new CredentialError('PROVIDER_REJECTED', `${origin} ${what}`)
}
