import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startOpenai } from '../../packages/node-openai/test/service.ts'
import { startBotApi } from '../../packages/node-telegram/test/service.ts'
import { readManifest, workspacePackages } from '../../tools/workspace/package.ts'
import { repositoryRoot } from '../../tools/workspace/root.ts'
import { EmptyProject, readReadme } from './empty-project.ts'

/** The service that a README's program calls, the input of its credential there, and what the program then prints. */
interface Service extends AsyncDisposable {
  readonly input: object
  readonly prints: string
}

const services: Record<string, () => Promise<Service>> = {
  'node-telegram': async () => {
    const botToken = '7:sentinel'
    const service = await startBotApi(botToken)
    return Object.assign(service, { input: { botToken, apiRoot: service.origin }, prints: 'sent as 2\n' })
  },
  'node-openai': async () => {
    const apiKey = 'sk-sentinel'
    const service = await startOpenai(apiKey)
    const input = { apiKey, baseURL: `${service.origin}/v1` }
    return Object.assign(service, { input, prints: '1 models\nLight.\nLight.' })
  },
}

const nodes = workspacePackages(repositoryRoot).filter(({ name }) => name in services)
const sdks = nodes.flatMap(({ manifest }) => foreignPeers(manifest.peerDependencies))

function foreignPeers(peers: Readonly<Record<string, string>> = {}): [name: string, range: string][] {
  return Object.entries(peers).filter(([name]) => !name.startsWith('@nebula-credential/') && name !== 'zod')
}

describe.each(nodes)('$name from its tarball, in an empty folder', ({ name, directory }) => {
  it('compiles and runs its README’s program, and brings nothing of other nodes', async () => {
    const { program, installs } = readReadme(`packages/${name}/README.md`)
    const ours = installs
      .filter(each => each.startsWith('@nebula-credential/'))
      .map(each => each.split('/')[1] ?? '')
    const peers = foreignPeers(readManifest(directory).peerDependencies)
    expect(installs).toEqual(expect.arrayContaining(peers.map(([peer]) => peer)))
    const calling = program.replace(
      /createCredential\(\s*(\w+),\s*\{[^}]*\}/,
      'createCredential($1, JSON.parse(process.env.INPUT!)',
    )
    expect(calling).not.toBe(program)

    await using service = await (services[name] as () => Promise<Service>)()
    // `outbound` is what npm would fetch by itself, were it published.
    using project = new EmptyProject(
      [...ours, 'outbound'],
      { 'program.mts': program, 'calling.mts': calling },
      peers.map(([peer, range]) => `${peer}@${range}`),
    )
    expect(project.compile('program.mts', 'calling.mts')).toBe('')
    const { output, errors, exitCode } = await project.run('calling.mts', {
      NEBULA_PASSPHRASE: 'correct horse battery staple',
      INPUT: JSON.stringify(service.input),
    })
    expect([errors, exitCode]).toEqual(['', 0])
    expect(output.trimEnd()).toBe(service.prints.trimEnd())
    expect(readFileSync(join(project.root, 'nebula.db'), 'latin1')).not.toContain('sentinel')

    expect(project.installed()).toEqual(['core', name, 'outbound', 'storage-sqlite'])
    const others = sdks.map(([sdk]) => sdk).filter(sdk => !peers.some(([peer]) => peer === sdk))
    expect(others.filter(sdk => project.has(sdk))).toEqual([])
  })
})
