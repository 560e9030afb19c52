import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { authenticateWith, lend } from '@nebula-credential/core'
import { describe, expect, it } from 'vitest'
import { type AwsToken, awsToken } from '../aws-token.ts'
import { awsPresigned, awsSigV4 } from './aws-sig-v4.ts'

// AWS's own test suite; see the NOTICE and LICENSE beside it.
const vectors = JSON.parse(
  readFileSync(new URL('../../test/sigv4-vectors/vectors.json', import.meta.url), 'utf8'),
) as Record<string, { request: string; authorization: string }>

// A Request has no way to write these: fetch joins repeated headers with a comma and a space, and no URL has a raw
// space or letter outside ASCII in its path.
const inexpressible = new Set([
  'get-header-key-duplicate',
  'get-header-value-multiline',
  'get-header-value-order',
  'get-space',
  'get-utf8',
])

function key(fields: Partial<AwsToken> = {}): AwsToken {
  return awsToken.mint(
    {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: lend('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
      region: 'us-east-1',
      ...fields,
    },
    1,
  )
}

describe("AWS's test suite", () => {
  const expressible = Object.entries(vectors).filter(([name]) => !inexpressible.has(name))

  it('is run', () => expect(expressible.length).toBeGreaterThan(25))

  it.for(expressible)('%s', async ([, { request, authorization }]) => {
    const { token, target, now } = read(request, authorization)
    const signer = awsSigV4({ service: 'service', now: () => now })
    const signed = await authenticateWith(signer, token, target)
    expect(signed.headers.get('authorization')).toBe(authorization)
  })
})

/** A request of the suite, whose last header is its time. */
function read(text: string, authorization: string) {
  const [head = '', body] = text.split('\n\n')
  const [line = '', ...fields] = head.trim().split('\n')
  const [, method = '', path = ''] = /^(\S+) (.+) HTTP\/1.1$/.exec(line) ?? []
  const headers = new Headers(fields.map(field => splitOnce(field)))
  const sessionToken = headers.get('x-amz-security-token')
  const time = headers.get('x-amz-date') ?? ''
  const signsToken = authorization.includes('x-amz-security-token')
  for (const name of ['host', 'x-amz-date', 'x-amz-security-token']) headers.delete(name)
  return {
    token: key(sessionToken !== null && signsToken ? { sessionToken: lend(sessionToken) } : {}),
    target: new Request(`https://example.amazonaws.com${path}`, { method, headers, body: body ?? null }),
    now: Date.parse(time.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5')),
  }
}

function splitOnce(field: string): [string, string] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon), field.slice(colon + 1)]
}

// The examples of the Amazon S3 API Reference, "Authenticating Requests"; not that of a PUT in one chunk, for it signs a
// Date header, which the signer leaves out beside its own.
describe("S3's published examples", () => {
  const token = key({
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: lend('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  })
  const now = () => Date.UTC(2013, 4, 24)
  const bucket = 'https://examplebucket.s3.amazonaws.com'
  const signatureOf = async (request: Request) =>
    (await authenticateWith(awsSigV4({ service: 's3', now }), token, request)).headers
      .get('authorization')
      ?.split('Signature=')[1]

  it('GET of a range', async () => {
    const request = new Request(`${bucket}/test.txt`, { headers: { range: 'bytes=0-9' } })
    expect(await signatureOf(request)).toBe(
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    )
  })

  // "Transferring Payload in Multiple Chunks".
  it('PUT of an object in chunks', async () => {
    const body = new Blob(['a'.repeat(66_560)]).stream()
    const headers = { 'content-length': '66560', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' }
    const url = 'https://s3.amazonaws.com/examplebucket/chunkObject.txt'
    const request = new Request(url, { method: 'PUT', headers, body, duplex: 'half' })
    const signer = awsSigV4({ service: 's3', payload: 'streaming', now })
    const signed = await authenticateWith(signer, token, request)
    expect(Object.fromEntries(signed.headers)).toEqual({
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        'SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class, ' +
        'Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      'content-encoding': 'aws-chunked',
      'content-length': '66824',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-date': '20130524T000000Z',
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    })
    expect(await signed.text()).toBe(
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n` +
        `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1_024)}\r\n` +
        '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
    )
  })

  it('queries', async () => {
    expect(await signatureOf(new Request(`${bucket}/?lifecycle`))).toBe(
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    )
    expect(await signatureOf(new Request(`${bucket}/?prefix=J&max-keys=2`))).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    )
  })

  it('a presigned URL', async () => {
    const signer = awsPresigned({ service: 's3', expiresInSeconds: 86_400, now })
    const { url } = await authenticateWith(signer, token, new Request(`${bucket}/test.txt`))
    const query = new URL(url).searchParams
    expect(query.get('X-Amz-Signature')).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    )
    expect(query.get('X-Amz-Credential')).toBe('AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request')
    expect([query.get('X-Amz-Expires'), query.get('X-Amz-SignedHeaders')]).toEqual(['86400', 'host'])
  })
})

describe('awsSigV4', () => {
  it('sends the body that it signed, and leaves the host to fetch', async () => {
    const request = new Request('https://b.s3.amazonaws.com/k', { method: 'PUT', body: 'Welcome' })
    const signed = await authenticateWith(awsSigV4({ service: 's3' }), key(), request)
    expect(await signed.text()).toBe('Welcome')
    expect(signed.headers.get('x-amz-content-sha256')).toBe(
      createHash('sha256').update('Welcome').digest('hex'),
    )
    expect(signed.headers.has('host')).toBe(false)
  })

  it('leaves a body that it shall not cover, or whose hash is known, unread', async () => {
    const source = () => new ReadableStream({ pull: () => expect.unreachable() }, { highWaterMark: 0 })
    const streamed = (headers: Record<string, string> = {}) =>
      new Request('https://b.s3.amazonaws.com/k', { method: 'PUT', headers, body: source(), duplex: 'half' })
    const unsigned = await authenticateWith(
      awsSigV4({ service: 's3', payload: 'unsigned' }),
      key(),
      streamed(),
    )
    expect(unsigned.headers.get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
    const hash = 'a'.repeat(64)
    const known = await authenticateWith(
      awsSigV4({ service: 's3' }),
      key(),
      streamed({ 'x-amz-content-sha256': hash }),
    )
    expect(known.headers.get('x-amz-content-sha256')).toBe(hash)
    expect(known.body).not.toBeNull()
  })

  it.each([
    ["/a$b+c(1)*!'&,;=:@", '/a%24b%2Bc%281%29%2A%21%27%26%2C%3B%3D%3A%40'],
    ['/a%24b%2fc/%C3%BC', '/a%24b%2Fc/%C3%BC'],
    ['/100%', '/100%25'],
  ])('spells the path of an object as S3 does: %s', async (path, spelled) => {
    const sign = (of: string) =>
      authenticateWith(
        awsSigV4({ service: 's3', now: () => 0 }),
        key(),
        new Request(`https://b.s3.amazonaws.com${of}`),
      )
    const signed = await sign(path)
    expect(new URL(signed.url).pathname).toBe(spelled)
    expect(signed.headers.get('authorization')).toBe((await sign(spelled)).headers.get('authorization'))
  })

  it('needs the length of a body that it signs while it is sent', async () => {
    const streamed = (headers: Record<string, string>) =>
      authenticateWith(
        awsSigV4({ service: 's3', payload: 'streaming' }),
        key(),
        new Request('https://b.s3.amazonaws.com/k', {
          method: 'PUT',
          headers,
          body: new Blob(['12345']).stream(),
          duplex: 'half',
        }),
      )
    await expect(streamed({})).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    for (const length of ['4', '6']) {
      const signed = await streamed({ 'content-length': length })
      await expect(signed.text()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    }
    const encoded = await streamed({ 'content-length': '5', 'content-encoding': 'gzip' })
    expect(encoded.headers.get('content-encoding')).toBe('aws-chunked,gzip')
    expect(await encoded.text()).toContain('\r\n12345\r\n0;')
  })

  it('sends the query as it signed it', async () => {
    const request = new Request("https://x.amazonaws.com/?b=1+2&a=it's&b=%2B&c")
    const { url } = await authenticateWith(awsSigV4({ service: 'service' }), key(), request)
    expect(new URL(url).search).toBe('?b=1%202&b=%2B&a=it%27s&c=')
  })

  it.each([0, 1.5, 604_801, Number.NaN])('refuses to presign for %s s', expiresInSeconds => {
    expect(() => awsPresigned({ service: 's3', expiresInSeconds })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
