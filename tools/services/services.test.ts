import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, type TestContext, vi } from 'vitest'
import { binaries } from './binaries.ts'
import { loopback } from './loopback-port.ts'
import { RedisServer } from './redis-server.ts'
import { ServiceUnavailable, unlessUnavailable } from './service-unavailable.ts'
import { TcpProxy } from './tcp-proxy.ts'

const redis = await unlessUnavailable('the module that starts servers', () => RedisServer.start())
await redis?.[Symbol.asyncDispose]()

const needsRedis = (context: TestContext) => context.skip(!redis, 'there is no Redis here')

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it.skipIf(!redis)(
  'keeps what was durable when a server is killed, and removes it when discarded',
  async () => {
    await using server = await RedisServer.start({ args: ['--appendfsync', 'always'] })
    await server.command('SET', 'kept', 'yes')
    await server.process.kill()
    await expect(server.command('GET', 'kept')).rejects.toThrow()
    await server.start()
    expect(await server.command('GET', 'kept')).toContain('yes')
    await server.process.discard()
    expect(existsSync(server.process.folder)).toBe(false)
  },
)

it('leaves no server and no folder behind when the test run is killed', async context => {
  needsRedis(context)
  const owner = spawn(process.execPath, [fileURLToPath(new URL('test/own-a-server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
  const { port, folder } = JSON.parse(line) as { port: number; folder: string }
  expect(await accepts(port)).toBe(true)
  owner.kill('SIGKILL')
  await expect.poll(() => accepts(port)).toBe(false)
  await expect.poll(() => existsSync(folder)).toBe(false)
})

it('cuts, slows and restores the way to a server', async context => {
  needsRedis(context)
  await using server = await RedisServer.start()
  await using proxy = await TcpProxy.start(server)
  const ping = async () => (await exchange(proxy.port, 'PING\r\n')) === '+PONG\r\n'
  expect(await ping()).toBe(true)
  proxy.delayMs = 100
  const startedAt = performance.now()
  expect(await ping()).toBe(true)
  expect(performance.now() - startedAt).toBeGreaterThan(90)
  proxy.delayMs = 0
  proxy.cut()
  expect(await ping()).toBe(false)
  proxy.restore()
  proxy.loseAnswers()
  expect(await exchange(proxy.port, 'SET heard yes\r\n')).toBe('')
  expect(await server.command('GET', 'heard')).toContain('yes')
  proxy.restore()
  expect(await ping()).toBe(true)
})

it('says what is not tested where a server cannot be had, and fails in CI', async () => {
  const missing = () =>
    Promise.resolve(binaries({ label: 'Nothing', debianPackage: '', folders: [] }, ['no-such-server']))
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
  vi.stubEnv('CI', '')
  expect(await unlessUnavailable('storage on nothing', missing)).toBeUndefined()
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('NOT TESTED: storage on nothing'))
  vi.stubEnv('CI', 'true')
  await expect(unlessUnavailable('storage on nothing', missing)).rejects.toThrow(ServiceUnavailable)
})

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, loopback, () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** What a server answers to one request, or '' when it hangs up. */
function exchange(port: number, request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, loopback, () => socket.write(request))
  socket.on('data', data => resolve(data.toString()))
  socket.on('error', () => resolve(''))
  socket.on('close', () => resolve(''))
  return promise.finally(() => socket.destroy())
}
