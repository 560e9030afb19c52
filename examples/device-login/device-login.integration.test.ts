import { mkdtempDisposableSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Browser, startAuthorizationServer } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { modulesOf } from '../../tools/docs-check/blocks.ts'
import { RunningNode } from '../running-node.ts'

const file = join(import.meta.dirname, 'main.ts')

async function login(person: { account: string; denies?: boolean }) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'nebula-device-'))
  await using server = await startAuthorizationServer()
  const preload = join(import.meta.dirname, '../on-this-machine.ts')
  await using program = new RunningNode(
    ['--conditions=@nebula-credential/source', '--import', preload, file],
    {
      cwd: folder.path,
      env: {
        NEBULA_PASSPHRASE: 'correct horse battery staple',
        CLIENT_ID: server.clients.none.id,
        ISSUER: server.issuer,
      },
    },
  )
  const [, code = '', uri = ''] = await program.printed(/Enter (\S+) at (\S+)\n/)
  await new Browser(person).enterCode(uri, code)
  return { exitCode: await program.ended(), output: program.output }
}

describe.concurrent('the device login of the README of oauth2', () => {
  it('has less than 15 lines, and is the one that stands there', () => {
    const program = readFileSync(file, 'utf8')
    const readme = readFileSync(join(import.meta.dirname, '../../packages/oauth2/README.md'), 'utf8')
    expect(program.split('\n').filter(line => line !== '').length).toBeLessThan(15)
    const blocks = modulesOf(readme).modules.map(({ code }) => code.trim())
    expect(blocks).toContain(program.trim())
  })

  it('waits until the person has entered the code elsewhere', async () => {
    const { exitCode, output } = await login({ account: 'ada' })
    expect(output).toMatch(/^Enter \S+ at http:\S+\nSigned in as ada@example\.com\n$/)
    expect(exitCode).toBe(0)
  })

  it('ends when the person says no', async () => {
    const { exitCode, output } = await login({ account: 'ada', denies: true })
    expect(output).toContain("code: 'REAUTHORIZATION_REQUIRED'")
    expect(exitCode).toBe(1)
  })
})
