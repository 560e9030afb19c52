import { mkdtempDisposableSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Browser, startAuthorizationServer } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { modulesOf } from '../../tools/docs-check/blocks.ts'
import { RunningNode } from '../running-node.ts'

// The app is behind a proxy that ends TLS; the test is the proxy.
const origin = 'https://client.example'

/** The app's place: its provider, and its database, for any number of processes. */
async function newPlace() {
  const stack = new AsyncDisposableStack()
  const folder = stack.adopt(mkdtempDisposableSync(join(tmpdir(), 'nebula-connect-')), made => made.remove())
  const server = stack.use(await startAuthorizationServer())
  const preload = join(import.meta.dirname, '../on-this-machine.ts')
  const main = join(import.meta.dirname, 'main.ts')

  async function start() {
    const app = stack.use(
      new RunningNode(['--conditions=@nebula-credential/source', '--import', preload, main], {
        cwd: folder.path,
        env: {
          NEBULA_PASSPHRASE: 'correct horse battery staple',
          CLIENT_ID: server.clients.basic.id,
          CLIENT_SECRET: server.clients.basic.secret,
          ISSUER: server.issuer,
          ORIGIN: origin,
          PORT: '0',
        },
      }),
    )
    const [, address = ''] = await app.printed(/Visit (http:\S+)\/connect/)
    const get = (path: string, cookie = '') =>
      fetch(address + path, { redirect: 'manual', headers: { cookie } })
    return Object.assign(app, { get })
  }
  const database = join(folder.path, 'nebula.db')
  return { server, start, database, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

type App = Awaited<ReturnType<Awaited<ReturnType<typeof newPlace>>['start']>>

/** The person goes where the app sends them and decides: the path of their way back, and the cookies they got. */
async function consented(app: App, person: { account: string; denies?: boolean }) {
  const response = await app.get('/connect')
  const cookies = response.headers.get('set-cookie') ?? ''
  const callback = await new Browser(person).visit(response.headers.get('location') ?? '')
  expect(callback.startsWith(`${origin}/callback?`)).toBe(true)
  return { path: callback.slice(origin.length), cookies, cookie: cookies.split(';')[0] ?? '' }
}

describe('the app of the README of oauth2', () => {
  it('has less than 30 lines, and is the one that stands there', () => {
    const app = readFileSync(join(import.meta.dirname, 'app.ts'), 'utf8')
    const readme = readFileSync(join(import.meta.dirname, '../../packages/oauth2/README.md'), 'utf8')
    expect(app.trimEnd().split('\n').length).toBeLessThan(30)
    const blocks = modulesOf(readme).modules.map(({ code }) => code.trim())
    expect(blocks).toContain(app.trim())
  })

  it('connects the account of a person who consents, in their browser alone', async () => {
    await using place = await newPlace()
    const app = await place.start()
    const { path, cookies, cookie } = await consented(app, { account: 'ada' })
    expect(cookies).toMatch(/HttpOnly.*Secure.*SameSite=Lax/)

    const elsewhere = await app.get(path)
    expect([elsewhere.status, await elsewhere.text()]).toEqual([400, expect.stringContaining('begin again')])
    const done = await app.get(path, cookie)
    expect([done.status, await done.text()]).toEqual([
      200,
      expect.stringMatching(/^local_account_\w{26} is ada@example\.com$/),
    ])
    expect((await app.get(path, cookie)).status).toBe(400)
    expect(place.server.tokenRequests.map(({ outcome }) => outcome)).toEqual(['success'])

    const code = new URL(path, origin).searchParams.get('code') ?? ''
    const stored = readFileSync(place.database, 'latin1')
    const binding = cookie.split('=')[1] ?? ''
    for (const secret of [code, place.server.clients.basic.secret, binding, 'ada@example.com']) {
      expect(secret.length).toBeGreaterThan(8)
      expect(stored).not.toContain(secret)
      expect(app.output).not.toContain(secret)
    }
  })

  it('completes in another process when the one that began has ended', async () => {
    await using place = await newPlace()
    const first = await place.start()
    const { path, cookie } = await consented(first, { account: 'ada' })
    await first[Symbol.asyncDispose]()
    const second = await place.start()
    const done = await second.get(path, cookie)
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('is ada@example.com')])
  })

  it('tells a person who said no', async () => {
    await using place = await newPlace()
    const app = await place.start()
    const { path, cookie } = await consented(app, { account: 'ada', denies: true })
    const refused = await app.get(path, cookie)
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('access_denied')])
  })
})
