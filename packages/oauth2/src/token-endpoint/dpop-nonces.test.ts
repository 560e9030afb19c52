import { describe, expect, it } from 'vitest'
import { DpopNonces } from './dpop-nonces.ts'

const giving = (nonce: string, status = 200) =>
  new Response(null, { status, headers: { 'dpop-nonce': nonce } })
const at = (host: string, thumbprint = 'key') => ({ url: `https://${host}/token`, thumbprint })

describe('the nonces of servers', () => {
  it('are the newest, whatever the answer that gave them', () => {
    const nonces = new DpopNonces(10)
    nonces.keep(at('a.example'), giving('n1'))
    nonces.keep(at('a.example'), giving('n2', 400))
    nonces.keep(at('a.example'), new Response(null))
    expect(nonces.newest(at('a.example'))).toBe('n2')
  })

  it('are those of an origin and of a key', () => {
    const nonces = new DpopNonces(10)
    nonces.keep({ url: 'https://a.example/token?tenant=acme', thumbprint: 'key' }, giving('n1'))
    expect(nonces.newest({ url: 'https://a.example/par', thumbprint: 'key' })).toBe('n1')
    expect(nonces.newest(at('a.example:8443'))).toBeUndefined()
    expect(nonces.newest(at('b.example'))).toBeUndefined()
    expect(nonces.newest(at('a.example', 'other key'))).toBeUndefined()
  })

  it('are no more than so many: what was not needed for longest is given up', () => {
    const nonces = new DpopNonces(3)
    for (const host of ['a', 'b', 'c']) nonces.keep(at(host), giving(`of ${host}`))
    expect(nonces.newest(at('a'))).toBe('of a')
    nonces.keep(at('d'), giving('of d'))
    const left = ['a', 'b', 'c', 'd'].map(host => nonces.newest(at(host)))
    expect(left).toEqual(['of a', undefined, 'of c', 'of d'])
  })
})
