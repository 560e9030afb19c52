import { mkdtempDisposableSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Browser, startAuthorizationServer } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { modulesOf } from '../../tools/docs-check/blocks.ts'
import { RunningNode } from '../running-node.ts'

// The app is behind a proxy that ends TLS; the test is the proxy.
const origin = 'https://client.example'

async function startApp() {
  const stack = new AsyncDisposableStack()
  const folder = stack.adopt(mkdtempDisposableSync(join(tmpdir(), 'nebula-connect-')), made => made.remove())
  const server = stack.use(await startAuthorizationServer())
  const preload = join(import.meta.dirname, '../on-this-machine.ts')
  const main = join(import.meta.dirname, 'main.ts')
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
  return {
    server,
    app,
    get,
    database: join(folder.path, 'nebula.db'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The person goes where the app sends them and consents: the path of their way back, and the cookie they got. */
async function consented(
  { get }: Awaited<ReturnType<typeof startApp>>,
  person: { account: string; denies?: boolean },
) {
  const response = await get('/connect')
  const cookie = response.headers.get('set-cookie') ?? ''
  const callback = await new Browser(person).visit(response.headers.get('location') ?? '')
  expect(callback.startsWith(`${origin}/callback?`)).toBe(true)
  return { path: callback.slice(origin.length), cookie }
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
    await using running = await startApp()
    const { path, cookie } = await consented(running, { account: 'ada' })
    expect(cookie).toMatch(/HttpOnly.*Secure.*SameSite=Lax/)
    const [binding = ''] = cookie.split(';')

    const elsewhere = await running.get(path)
    expect([elsewhere.status, await elsewhere.text()]).toEqual([400, expect.stringContaining('begin again')])
    const done = await running.get(path, binding)
    expect([done.status, await done.text()]).toEqual([
      200,
      expect.stringMatching(/^local_account_\w{26} is ada@example\.com$/),
    ])
    const again = await running.get(path, binding)
    expect(again.status).toBe(400)
    expect(running.server.tokenRequests.map(({ outcome }) => outcome)).toEqual(['success'])

    const code = new URL(path, origin).searchParams.get('code') ?? ''
    const stored = readFileSync(running.database, 'latin1')
    for (const secret of [
      code,
      running.server.clients.basic.secret,
      binding.split('=')[1] ?? '',
      'ada@example.com',
    ]) {
      expect(secret.length).toBeGreaterThan(8)
      expect(stored).not.toContain(secret)
      expect(running.app.output).not.toContain(secret)
    }
  })

  it('tells a person who said no', async () => {
    await using running = await startApp()
    const { path, cookie } = await consented(running, { account: 'ada', denies: true })
    const refused = await running.get(path, cookie.split(';')[0])
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('access_denied')])
  })
})
