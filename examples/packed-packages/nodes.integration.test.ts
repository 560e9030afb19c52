import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBucket, createRole, createUser } from '../../packages/node-aws/test/moto-account.ts'
import { appId, installationId, privateKey, startGithub } from '../../packages/node-github/test/service.ts'
import { startOpenai } from '../../packages/node-openai/test/service.ts'
import { startBotApi } from '../../packages/node-telegram/test/service.ts'
import { MotoServer } from '../../tools/services/moto-server.ts'
import { unlessUnavailable } from '../../tools/services/service-unavailable.ts'
import { type Manifest, type WorkspacePackage, workspacePackages } from '../../tools/workspace/package.ts'
import { repositoryRoot } from '../../tools/workspace/root.ts'
import { EmptyProject, readReadme } from './empty-project.ts'

/** The service that a README's program calls, the input of its credential there, and what the program then prints. */
interface Service extends AsyncDisposable {
  readonly input: object
  readonly prints: string
  /** What must not be found in the file. Default: `sentinel`. */
  readonly secrets?: readonly string[]
  /** What else stands in the environment, for SDKs. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Undefined where the service cannot be had here. */
const services: Record<string, () => Promise<Service | undefined>> = {
  'node-aws': async () => {
    const moto = await unlessUnavailable('The README of node-aws, with moto', () => MotoServer.start())
    if (moto === undefined) return undefined
    await createBucket(moto.url, 'reports')
    const key = await createUser(moto.url, 'ada', { Effect: 'Allow', Action: 'sts:*', Resource: '*' })
    const roleArn = await createRole(moto.url, 'reports', { Effect: 'Allow', Action: 's3:*', Resource: '*' })
    await moto.authorize(true)
    return {
      input: { ...key, roleArn, region: 'eu-central-1', endpoint: moto.url },
      prints: '200 lamps,7',
      secrets: [key.secretAccessKey, key.accessKeyId],
      environment: { AWS_ENDPOINT_URL: moto.url },
      [Symbol.asyncDispose]: () => moto[Symbol.asyncDispose](),
    }
  },
  'node-telegram': async () => {
    const botToken = '7:sentinel'
    const service = await startBotApi(botToken)
    return Object.assign(service, { input: { botToken, apiRoot: service.origin }, prints: 'sent as 2' })
  },
  'node-openai': async () => {
    const apiKey = 'sk-sentinel'
    const service = await startOpenai(apiKey)
    const input = { apiKey, baseURL: `${service.origin}/v1` }
    return Object.assign(service, { input, prints: '1 models\nLight.\nLight.' })
  },
  'node-github': async () => {
    const service = await startGithub()
    const input = { appId, installationId, privateKey, baseUrl: `${service.origin}/api/v3` }
    return Object.assign(service, { input, prints: 'opened as #3' })
  },
}

const packages = workspacePackages(repositoryRoot)
const nodes = packages.filter(
  ({ name, directory }) => name.startsWith('node-') && existsSync(join(directory, 'README.md')),
)
const scope = '@nebula-credential/'

/** Of our packages, those that a package needs, itself among them. */
function closure(name: string): string[] {
  const manifest = packages.find(each => each.name === name)?.manifest
  const wanted = Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies })
  const ours = wanted.filter(each => each.startsWith(scope)).map(each => each.slice(scope.length))
  return [...new Set([name, ...ours.flatMap(closure)])]
}

/** The SDKs that a node's users choose the version of, as npm is told. */
function sdksOf({ peerDependencies = {} }: Manifest): string[] {
  const peers = Object.entries(peerDependencies).filter(([name]) => !name.startsWith(scope) && name !== 'zod')
  return peers.map(([name, range]) => `${name}@${range}`)
}

const nameOf = (wanted: string) => wanted.slice(0, wanted.lastIndexOf('@'))

/** A README's program, for a credential whose input stands in the environment, of a service on this machine. */
function forLocalService(program: string): string {
  return program
    .replace(
      /createCredential\(\s*(\w+),\s*\{(?:[^{}]|\{[^{}]*\})*\}/,
      'createCredential($1, JSON.parse(process.env.INPUT!)',
    )
    .replace('.build()', '.withFetch(fetch).build()')
    .replace("awsFetch({ service: 's3' })", "awsFetch({ service: 's3', fetch })")
}

describe.each(nodes)('$name from its tarball, in an empty folder', (node: WorkspacePackage) => {
  it('compiles and runs its README’s program, and brings nothing of other nodes', async () => {
    const { program, installs } = readReadme(`packages/${node.name}/README.md`)
    const sdks = sdksOf(node.manifest)
    const ours = [...new Set([...closure('storage-sqlite'), ...closure(node.name)])].sort()
    expect(installs).toEqual(expect.arrayContaining([`${scope}core`, `${scope}${node.name}`]))
    expect([...ours.map(name => scope + name), ...sdks.map(nameOf)]).toEqual(
      expect.arrayContaining([...installs]),
    )

    using project = new EmptyProject(ours, { 'program.mts': program }, sdks)
    expect(project.compile('program.mts')).toBe('')
    expect(project.installed()).toEqual(ours)
    const ofOthers = nodes.flatMap(({ manifest }) => sdksOf(manifest)).filter(sdk => !sdks.includes(sdk))
    expect(ofOthers.map(nameOf).filter(name => project.has(name))).toEqual([])
    await runAgainstService(node.name, project, forLocalService(program))
  })
})

/** Where a service can be had that speaks enough for the program. */
async function runAgainstService(name: string, project: EmptyProject, program: string): Promise<void> {
  const start = services[name]
  if (start === undefined) return
  await using service = await start()
  if (service === undefined) return
  project.write('calling.mts', program)
  const { output, errors, exitCode } = await project.run('calling.mts', {
    NEBULA_PASSPHRASE: 'correct horse battery staple',
    INPUT: JSON.stringify(service.input),
    ...service.environment,
  })
  expect([errors, exitCode]).toEqual(['', 0])
  expect(output.trimEnd()).toBe(service.prints)
  const stored = readFileSync(join(project.root, 'nebula.db'), 'latin1')
  for (const secret of service.secrets ?? ['sentinel']) expect(stored).not.toContain(secret)
}
