import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAuthorizationServer } from 'authorization-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmptyProject, readReadme } from './empty-project.ts'

// What the README installs, and `outbound`, which npm would fetch by itself were it published.
const packages = ['core', 'storage-sqlite', 'outbound', 'api-key', 'oauth2']
const { program, installs } = readReadme('README.md')

let project: EmptyProject

beforeAll(() => {
  project = new EmptyProject(packages, {
    'quick-start.mts': `${program}\nconsole.log(JSON.stringify([...request.headers, ...same.headers]))\n`,
    'oauth-client.mts': readFileSync(join(import.meta.dirname, 'oauth-client.mts'), 'utf8'),
  })
}, 600_000)

afterAll(() => project?.[Symbol.dispose]())

describe('the packed packages, installed by npm in an empty folder', () => {
  it('are all that the README installs', () => {
    const scope = '@nebula-credential/'
    expect(installs.length).toBeGreaterThan(3)
    expect(packages.map(name => scope + name)).toEqual(expect.arrayContaining([...installs]))
  })

  it('compile with the programs, their declarations included', () => {
    expect(project.compile('quick-start.mts', 'oauth-client.mts')).toBe('')
  })

  it('refuse, while compiling, to build a manager that has no encryption', () => {
    const incomplete = program.replace(/^.*withEncryption.*$\n/m, '')
    project.write('incomplete.mts', incomplete)
    expect(() => project.compile('incomplete.mts')).toThrow(/incomplete\.mts.*encryption/s)
  })

  it('run the program of the README', async () => {
    const { output, errors, exitCode } = await project.run('quick-start.mts', {
      NEBULA_PASSPHRASE: 'correct horse battery staple',
    })
    expect(errors).toBe('')
    expect(exitCode).toBe(0)
    expect(output).toMatch(/^api_key_\w{26}: \[secret\] goes to /)
    const headers = JSON.stringify(['authorization', 'Bearer what the service gave you'])
    expect(output.trimEnd().split('\n').at(-1)).toBe(`[${headers},${headers}]`)
  })

  it('tell in one error what is missing when there is no passphrase', async () => {
    const { errors, exitCode } = await project.run('quick-start.mts', { NEBULA_PASSPHRASE: '' })
    expect(errors).toContain('CredentialError: The passphrase is missing or empty.')
    expect(exitCode).toBe(1)
  })

  it('get a token from a real authorization server and call its resource', async () => {
    await using server = await startAuthorizationServer()
    const result = await project.run('oauth-client.mts', {
      NEBULA_PASSPHRASE: 'correct horse battery staple',
      ISSUER: server.issuer,
      CLIENT_SECRET: server.clients.basic.secret,
      RESOURCE: server.protectedResourceUrl,
    })
    expect(result).toEqual({ output: '200 200 [secret]\n', errors: '', exitCode: 0 })
    expect(server.tokenRequests).toHaveLength(1)
  })
})
