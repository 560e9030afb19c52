import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filledIn, type Placeholder, placeholderSchema } from './placeholder.ts'

const of = (kind: Placeholder['kind'], more: Partial<Placeholder> = {}): Placeholder => ({
  kind,
  title: 'Something',
  example: 'acme',
  ...more,
})
const fits = (placeholder: Placeholder, text: unknown) =>
  placeholderSchema(placeholder).safeParse(text).success

describe('a placeholder', () => {
  it.each<[Placeholder['kind'], readonly string[]]>([
    ['label', ['acme', 'a', 'a-b', 'ACME', '7']],
    ['host', ['a.example', 'login.acme.co.uk', 'xn--bcher-kva.example']],
    ['segment', ['acme', 'v23.0', '9188040d-6c67-4c5b-b112-36a304b66dad', 'a_b~c']],
  ])('of kind %s takes its like', (kind, texts) => {
    expect(texts.filter(text => !fits(of(kind), text))).toEqual([])
  })

  it.each<[Placeholder['kind'], readonly unknown[]]>([
    [
      'label',
      [
        '',
        '-a',
        'a-',
        'a.b',
        'a/b',
        'a@b',
        'a:1',
        'a#',
        'a?',
        'a\\b',
        'a%2f',
        'a b',
        'a\n',
        'é',
        7,
        undefined,
      ],
    ],
    [
      'host',
      [
        '',
        'localhost',
        '127.0.0.1',
        '[::1]',
        'a.example:8443',
        'a.example/',
        'u@a.example',
        '.a.example',
        'a..example',
        'a.example.',
        'a.1',
        'a_b.example',
        'a.example\n',
      ],
    ],
    [
      'segment',
      ['', '.', '..', '...', 'a/b', 'a\\b', 'a?b', 'a#b', 'a%2e', 'a b', 'a;b', 'a@b', 'a:b', 'a\n'],
    ],
  ])('of kind %s refuses what would change the URL', (kind, texts) => {
    expect(texts.filter(text => fits(of(kind), text))).toEqual([])
  })

  it('may be one of a few, or within a domain', () => {
    const oneOf = of('host', { oneOf: ['a.example', 'b.example'], default: 'a.example' })
    expect(['a.example', undefined, 'c.example'].map(text => fits(oneOf, text))).toEqual([true, true, false])
    const within = of('host', { within: 'acme.example' })
    const hosts = [
      'acme.example',
      'x.acme.example',
      'X.ACME.EXAMPLE',
      'xacme.example',
      'acme.example.evil.example',
    ]
    expect(hosts.map(text => fits(within, text))).toEqual([true, true, true, false, false])
  })

  it('never changes what stands around it, whatever it holds', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.domain(),
      fc.webUrl(),
      fc.stringMatching(/^[a-z0-9./@:#?%\\-]{1,20}$/),
    )
    fc.assert(
      fc.property(texts, text => {
        if (fits(of('label'), text)) {
          const url = new URL(filledIn('https://{x}.shops.example/token', { x: text }))
          expect([url.hostname, url.port, url.pathname, url.search, url.hash, url.username]).toEqual([
            `${text.toLowerCase()}.shops.example`,
            '',
            '/token',
            '',
            '',
            '',
          ])
        }
        if (fits(of('host'), text)) {
          const url = new URL(filledIn('https://{x}/token', { x: text }))
          expect([url.hostname, url.port, url.pathname]).toEqual([text.toLowerCase(), '', '/token'])
        }
        if (fits(of('segment'), text)) {
          const url = new URL(filledIn('https://a.example/{x}/token', { x: text }))
          expect([url.host, url.pathname]).toEqual(['a.example', `/${text}/token`])
        }
      }),
      { numRuns: 2000 },
    )
  })
})
