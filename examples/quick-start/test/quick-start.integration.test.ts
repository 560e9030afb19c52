import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PostgresServer } from '../../../tools/services/postgres-server.ts'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { temporaryTree } from '../../../tools/workspace/temporary-tree.ts'
import { runNode } from '../../run-node.ts'

const program = join(import.meta.dirname, '../main.ts')

const noServer = { NEBULA_REDIS_URL: '', NEBULA_POSTGRES_URL: '' }
const run = (args: string[] = [], env: Record<string, string> = {}) =>
  runNode(['--conditions=@nebula-credential/source', program, ...args], { env: { ...noServer, ...env } })

const startNone = async (): Promise<AsyncDisposable> => ({ async [Symbol.asyncDispose]() {} })
const backends: [name: string, place: string, startServer: () => Promise<AsyncDisposable>][] = [
  ['sqlite', 'SQLite file FOLDER', startNone],
  ['redis', 'Redis at 127.0.0.1:', RedisServer.start],
  ['postgres', 'PostgreSQL 127.0.0.1:', PostgresServer.start],
]

// They mostly wait for tokens to expire, and may do so together.
describe.concurrent('npm start', { timeout: 300_000 }, () => {
  it.for(backends)(
    'shows on %s what it promises, in plain text, and leaves nothing behind',
    async ([storage, place, startServer], context) => {
      const server = await unlessUnavailable(`the quick start on ${storage}`, () => startServer())
      context.skip(!server, 'its server cannot be had here')
      await server?.[Symbol.asyncDispose]()

      using temporary = temporaryTree({})
      // PostgreSQL does not run as root, and so not in a folder of root's alone.
      chmodSync(temporary.root, 0o755)
      const { output, errors, exitCode } = await run(['--storage', storage], { TMPDIR: temporary.root })

      expect(errors).toBe('')
      expect(exitCode).toBe(0)
      expect(output).toContain(
        "the list of acme: Weather (Active), Nightly reports (Active), Ada's reports (Active)",
      )
      expect(output).toMatch(/GET \S+\/resource: 200 {"account":"basic"/)
      expect(output).toMatch(/GET \S+\/resource: 200 {"account":"ada"/)
      expect(output).toMatch(/GET \S+\/weather with the API key: 200/)
      expect(output).toContain('the service answers 401 to it')
      expect(
        output.match(/the server counted 1 token request, and all 2000 callers have its token/g),
      ).toHaveLength(2)
      expect(output).toMatch(/state +[0-9a-f]{64}\.\.\. \(\d+ bytes, sealed\)/)
      expect(output).toContain(
        'found no secret, neither in clear nor in hex or base64: API key, client secret, ',
      )
      expect(output).toContain('CREDENTIAL_NOT_FOUND: No credential oauth2_refresh_token_')
      expect(output).toContain('the audit has it: credential.read denied, by mallory, chain 6:globex/')
      expect(output).toMatch(/kill -9 \d+: its intent to refresh is in the record/)
      expect(output).toMatch(/the next caller got a token of generation \d+; the service answers 200/)
      expect(output).toMatch(/verifyAudit of the store: intact, \d+ entries/)
      expect(output).toMatch(/verifyAudit of the copy: edited, chain 6:globex\/\d+, sequence \d+/)
      expect(output).not.toContain('\u001b[')
      expect(output).toContain(`Credentials are kept in ${place.replace('FOLDER', temporary.root)}`)
      expect(readdirSync(temporary.root)).toEqual([])
    },
  )

  it('exits 1 and says what was unexpected when a promise is broken', async () => {
    const broken = pathToFileURL(join(import.meta.dirname, 'lock-for-everybody.ts')).href
    const { output, errors, exitCode } = await run([], { NODE_OPTIONS: `--import=${broken}` })

    expect(errors).toBe('\n✗ Step 4: The server counted 2 token requests instead of 1 (success, success).\n')
    expect(output).toContain('the server counted 1 token request, and all 2000 callers have its token')
    expect(exitCode).toBe(1)
  })

  it('says what to install where a server cannot be had', async () => {
    const preload = pathToFileURL(join(import.meta.dirname, 'cannot-install.ts')).href
    const env = { NODE_OPTIONS: `--import=${preload}`, PATH: '/nowhere' }
    expect(await run(['--storage', 'redis'], env)).toEqual({
      output: '',
      errors:
        '\n✗ Redis is not installed and could not be: put redis-server, redis-cli on PATH, or install it (Debian: apt-get install redis-server)\n',
      exitCode: 1,
    })
  })

  it.each([
    ['redis', { NEBULA_REDIS_URL: 'redis://:geheim@127.0.0.1:1' }],
    ['postgres', { NEBULA_POSTGRES_URL: 'postgres://nebula:geheim@127.0.0.1:1/postgres' }],
  ])('says in one sentence that a given server, %s, cannot be reached', async (storage, env) => {
    const { output, errors, exitCode } = await run(['--storage', storage], env)
    expect({ output, exitCode }).toEqual({ output: '', exitCode: 1 })
    expect(errors).toMatch(/^\n✗ \w+ 127\.0\.0\.1:1\S* .*(cannot be reached|did not answer).*\n$/)
    expect(errors).not.toContain('geheim')
  })

  it.each([
    [
      ['--storage', 'floppy'],
      'There is no storage "floppy"; use npm start -- [--storage sqlite|redis|postgres].',
    ],
    [
      ['--fast'],
      'The arguments "--fast" are not understood; use npm start -- [--storage sqlite|redis|postgres].',
    ],
    [
      ['--storage'],
      'The arguments "--storage" are not understood; use npm start -- [--storage sqlite|redis|postgres].',
    ],
  ])('refuses %j in one sentence', async (args, sentence) => {
    expect(await run(args)).toEqual({ output: '', errors: `\n✗ ${sentence}\n`, exitCode: 1 })
  })
})
