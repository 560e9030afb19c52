import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryTree } from '../../../tools/workspace/temporary-tree.ts'
import { runNode } from '../../run-node.ts'

const program = join(import.meta.dirname, '../main.ts')

const run = (args: string[] = [], env: Record<string, string> = {}) =>
  runNode(['--conditions=@nebula-credential/source', program, ...args], { env })

describe('npm start', () => {
  it('shows what it promises, in plain text, and leaves nothing behind', async () => {
    using temporary = temporaryTree({})
    const { output, errors, exitCode } = await run(['--storage', 'sqlite'], { TMPDIR: temporary.root })

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
    expect(output).toMatch(/the next caller got a token of generation 3; the service answers 200/)
    expect(output).toMatch(/verifyAudit of the store: intact, \d+ entries/)
    expect(output).toMatch(/verifyAudit of the copy: edited, chain 6:globex\/\d+, sequence \d+/)
    expect(output).not.toContain('\u001b[')
    expect(output).toContain(`Credentials are kept in SQLite file ${temporary.root}`)
    expect(readdirSync(temporary.root)).toEqual([])
  })

  it('exits 1 and says what was unexpected when a promise is broken', async () => {
    const broken = pathToFileURL(join(import.meta.dirname, 'lock-for-everybody.ts')).href
    const { output, errors, exitCode } = await run([], { NODE_OPTIONS: `--import=${broken}` })

    expect(errors).toBe('\n✗ Step 4: The server counted 2 token requests instead of 1 (success, success).\n')
    expect(output).toContain('the server counted 1 token request, and all 2000 callers have its token')
    expect(exitCode).toBe(1)
  })

  it.each([
    [['--storage', 'floppy'], 'There is no storage "floppy"; use npm start -- [--storage sqlite].'],
    [['--fast'], 'The arguments "--fast" are not understood; use npm start -- [--storage sqlite].'],
    [['--storage'], 'The arguments "--storage" are not understood; use npm start -- [--storage sqlite].'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    expect(await run(args)).toEqual({ output: '', errors: `\n✗ ${sentence}\n`, exitCode: 1 })
  })
})
