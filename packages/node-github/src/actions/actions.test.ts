import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { faults, personalToken, refused } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { createIssue } from './create-issue.ts'
import { dispatchWorkflow } from './dispatch-workflow.ts'
import { getRepository } from './get-repository.ts'

const name = { owner: 'acme', repo: 'lamps' }
type World = Awaited<ReturnType<typeof openWorld>>
const open = ({ manager, id }: World, title = 'Too dark') =>
  manager.run(createIssue, { github: id }, { ...name, title })

describe('createIssue', () => {
  it('opens an issue, as a user and as an App', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    const issue = { ...name, title: 'Too dark', body: '**Why?**', labels: ['bug'], assignees: ['ada'] }
    const opened = { id: 70, number: 3, url: 'https://github.com/acme/lamps/issues/3' }
    expect(await manager.run(createIssue, { github: id }, issue)).toEqual(opened)
    expect(service.requests[0]?.json()).toEqual({
      title: 'Too dark',
      body: '**Why?**',
      labels: ['bug'],
      assignees: ['ada'],
    })
    expect(await manager.run(createIssue, { github: await world.installed() }, issue)).toEqual(opened)
  })

  it.each([
    ['INPUT_INVALID', refused(422, 'Validation Failed')],
    ['INPUT_INVALID', refused(404, 'Not Found')],
    ['INPUT_INVALID', refused(410, 'Issues are disabled for this repo')],
    ['PROVIDER_REJECTED', refused(403, 'Resource not accessible by personal access token')],
    ['PROVIDER_REJECTED', refused(451, 'Repository access blocked')],
  ] as const)('fails with %s when GitHub says no', async (code, answer) => {
    await using world = await openWorld()
    world.service.answerNext(answer)
    await expect(open(world)).rejects.toMatchObject({ code, credentialId: world.id })
  })

  it.each(Object.entries(faults))('may be tried later after %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await open(world).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(leakScan(error, [personalToken])).toEqual([])
    if (fault === faults['too many requests']) expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    if (fault === faults['a spent limit']) expect(error.retryAt).toBeGreaterThan(Date.now() + 1_700_000)
    expect(await open(world)).toMatchObject({ number: 3 })
  })

  it('asks for a new connection when the token has ended', async () => {
    await using world = await openWorld()
    world.service.expireTokens()
    const error = await open(world).catch(error => error)
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED', credentialId: world.id })
    expect(leakScan(error, [personalToken])).toEqual([])
  })

  it('does not wait for a silent server longer than its caller does', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext('silence')
    const signal = AbortSignal.timeout(200)
    const running = manager.run(createIssue, { github: id }, { ...name, title: 'x' }, { signal })
    await expect(running).rejects.toThrow('timeout')
  })
})

describe('getRepository', () => {
  it('tells of a repository', async () => {
    await using world = await openWorld()
    expect(await world.manager.run(getRepository, { github: world.id }, name)).toEqual({
      id: 1,
      fullName: 'acme/lamps',
      isPrivate: true,
      defaultBranch: 'main',
      url: 'https://github.com/acme/lamps',
    })
  })

  it.each(['../user', 'a/b', ''])('refuses a repository "%s"', async repo => {
    await using world = await openWorld()
    await expect(
      world.manager.run(getRepository, { github: world.id }, { ...name, repo }),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'repo' }] })
  })
})

describe('dispatchWorkflow', () => {
  it('starts a workflow', async () => {
    await using world = await openWorld()
    const run = { ...name, workflow: 'ci.yml', ref: 'main', inputs: { level: 'full' } }
    await world.manager.run(dispatchWorkflow, { github: world.id }, run)
    expect(world.service.requests[0]?.json()).toEqual({ ref: 'main', inputs: { level: 'full' } })
  })
})
