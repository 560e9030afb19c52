import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAuthorizationServer } from 'authorization-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modulesOf } from '../../tools/docs-check/blocks.ts'
import { packTarball } from '../../tools/package-check/pack.ts'
import { publishedPackages } from '../../tools/workspace/package.ts'
import { repositoryRoot } from '../../tools/workspace/root.ts'
import { run } from '../../tools/workspace/run.ts'
import { temporaryTree } from '../../tools/workspace/temporary-tree.ts'
import { runNode } from '../run-node.ts'

// What the README installs, and `outbound`, which npm would fetch by itself were it published.
const packages = ['core', 'storage-sqlite', 'outbound', 'api-key', 'oauth2']
const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8')

let folder: ReturnType<typeof temporaryTree>

beforeAll(() => {
  run(
    'nx',
    ['run-many', '-t', 'build', '-p', packages.map(name => `@nebula-credential/${name}`).join()],
    repositoryRoot,
  )
  folder = temporaryTree({
    'quick-start.mts': `${readmeProgram()}\nconsole.log(JSON.stringify([...request.headers, ...same.headers]))\n`,
    'oauth-client.mts': readFileSync(join(import.meta.dirname, 'oauth-client.mts'), 'utf8'),
  })
  const tarballs = publishedPackages(repositoryRoot)
    .filter(({ name }) => packages.includes(name))
    .map(workspacePackage => packTarball(workspacePackage, folder.root))
  const tools = ['typescript@7', '@types/node@24']
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tools, ...tarballs], folder.root)
}, 120_000)

afterAll(() => folder?.[Symbol.dispose]())

/** The first module of the README's blocks: the program that it tells people to save. */
function readmeProgram(): string {
  const [program] = modulesOf(readme).modules
  return program?.code.trimStart() ?? ''
}

describe('the packed packages, installed by npm in an empty folder', () => {
  it('are all that the README installs', () => {
    const named = [...readme.matchAll(/npm install (.*?)[`\n]/g)].flatMap(([, names = '']) =>
      names.trim().split(' '),
    )
    const scope = '@nebula-credential/'
    expect(named.length).toBeGreaterThan(3)
    expect(packages.map(name => scope + name)).toEqual(expect.arrayContaining(named))
  })

  it('compile with the programs, their declarations included', () => {
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
    const files = ['quick-start.mts', 'oauth-client.mts']
    expect(run('npx', ['--no-install', 'tsc', ...options, ...files], folder.root)).toBe('')
  })

  it('refuse, while compiling, to build a manager that has no encryption', () => {
    const program = readmeProgram().replace(/^.*withEncryption.*$\n/m, '')
    writeFileSync(join(folder.root, 'incomplete.mts'), program)
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
    expect(() => run('npx', ['--no-install', 'tsc', ...options, 'incomplete.mts'], folder.root)).toThrow(
      /incomplete\.mts.*encryption/s,
    )
  })

  it('run the program of the README', async () => {
    const { output, errors, exitCode } = await runNode(['quick-start.mts'], {
      cwd: folder.root,
      env: { NEBULA_PASSPHRASE: 'correct horse battery staple' },
    })
    expect(errors).toBe('')
    expect(exitCode).toBe(0)
    expect(output).toMatch(/^api_key_\w{26}: \[secret\] goes to /)
    const headers = JSON.stringify(['authorization', 'Bearer what the service gave you'])
    expect(output.trimEnd().split('\n').at(-1)).toBe(`[${headers},${headers}]`)
  })

  it('tell in one error what is missing when there is no passphrase', async () => {
    const { errors, exitCode } = await runNode(['quick-start.mts'], {
      cwd: folder.root,
      env: { NEBULA_PASSPHRASE: '' },
    })
    expect(errors).toContain('CredentialError: The passphrase is missing or empty.')
    expect(exitCode).toBe(1)
  })

  it('get a token from a real authorization server and call its resource', async () => {
    await using server = await startAuthorizationServer()
    const result = await runNode(['oauth-client.mts'], {
      cwd: folder.root,
      env: {
        NEBULA_PASSPHRASE: 'correct horse battery staple',
        ISSUER: server.issuer,
        CLIENT_SECRET: server.clients.basic.secret,
        RESOURCE: server.protectedResourceUrl,
      },
    })
    expect(result).toEqual({ output: '200 200 [secret]\n', errors: '', exitCode: 0 })
    expect(server.tokenRequests).toHaveLength(1)
  })
})
