import { createHash, createHmac } from 'node:crypto'
import type { SnapshotAuthenticator } from '@nebula-credential/core'
import type { SigningKeyToken } from './signing-key.ts'

/**
 * Signs requests, RFC 9421 with `hmac-sha256`: their method, URL and body, and the credentials that stand in them
 * already. So it is the last link of a chain.
 */
export const messageSignature: SnapshotAuthenticator<Request, Request, SigningKeyToken> = {
  name: 'messageSignature',
  kind: 'signing-key',
  async authenticate(request, { keyId, key }) {
    const body = Buffer.from(await request.arrayBuffer())
    const headers = new Headers(request.headers)
    const digest = createHash('sha256').update(body).digest('base64')
    headers.set('content-digest', `sha-256=:${digest}:`)
    const components = ['@method', '@target-uri', ...signedHeaders.filter(name => headers.has(name))]
    const created = Math.floor(Date.now() / 1000)
    const parameters = `(${components.map(quoted).join(' ')});created=${created};keyid=${quoted(keyId)}`
    const lines = components.map(name => `${quoted(name)}: ${componentOf(name, request, headers)}`)
    const base = [...lines, `"@signature-params": ${parameters}`].join('\n')
    const signature = createHmac('sha256', Buffer.from(key.expose(), 'base64')).update(base).digest('base64')
    headers.set('signature-input', `sig1=${parameters}`)
    headers.set('signature', `sig1=:${signature}:`)
    const { method, redirect, signal } = request
    return new Request(request.url, {
      method,
      headers,
      redirect,
      signal,
      body: body.byteLength === 0 ? null : body,
    })
  },
}

const signedHeaders = ['authorization', 'x-api-key', 'content-digest']

function componentOf(component: string, { method, url }: Request, headers: Headers): string {
  if (component === '@method') return method
  if (component === '@target-uri') return url
  return headers.get(component) ?? ''
}

function quoted(text: string): string {
  return `"${text}"`
}
