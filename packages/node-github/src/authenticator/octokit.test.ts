import { authenticateWith, lend } from '@nebula-credential/core'
import { startLoopbackService } from '@nebula-credential/testing'
import { Octokit } from '@octokit/core'
import { describe, expect, it } from 'vitest'
import { personalToken } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { githubAccess } from '../credential/github-server.ts'
import { octokit, octokitOf } from './octokit.ts'

const lamps = { owner: 'acme', repo: 'lamps' }

describe('octokit', () => {
  it('sends the token of its credential to its server', async () => {
    await using world = await openWorld()
    const github = await world.manager.client(world.id, octokit)
    const { data } = await github.request('GET /repos/{owner}/{repo}', lamps)
    expect(data.full_name).toBe('acme/lamps')
    expect(world.service.requests[0]?.headers.authorization).toBe(`Bearer ${personalToken}`)
    expect(await github.auth()).toEqual({ type: 'token', token: personalToken })
    expect(await world.manager.client(world.id, octokit)).toBe(github)
  })

  it('goes on when the token ends in the middle of its life', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const github = await manager.client(await world.installed(), octokit)
    await github.request('GET /repos/{owner}/{repo}', lamps)
    service.expireTokens()
    expect((await github.request('GET /repos/{owner}/{repo}', lamps)).status).toBe(200)
    expect(service.tokenRequests).toHaveLength(2)
  })

  it('replaces a refused token once, however many requests were refused', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const github = await manager.client(await world.installed(), octokit)
    service.expireTokens()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => github.request('GET /repos/{owner}/{repo}', lamps)),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(service.tokenRequests).toHaveLength(2)
  })

  it('takes a new token without being made anew, and needs its owner when there is none', async () => {
    await using world = await openWorld()
    const { manager, id, service, baseUrl } = world
    const github = await manager.client(id, octokit)
    service.expireTokens()
    await expect(github.request('GET /user')).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    const next = `ghp_${'n'.repeat(36)}`
    await manager.updateCredential(id, { input: { token: next, baseUrl } })
    await expect(github.request('GET /user')).rejects.toThrow()
    expect(service.requests.at(-1)?.headers.authorization).toBe(`Bearer ${next}`)
  })

  it('sends its token nowhere else', async () => {
    await using world = await openWorld()
    await using other = await startLoopbackService(() => ({ json: {} }))
    const github = await world.manager.client(world.id, octokit)
    await github.request('GET /', { baseUrl: other.origin })
    await github.request(`GET ${other.origin}/x`)
    expect(other.requests).toHaveLength(2)
    for (const { headers } of other.requests) expect(headers).not.toHaveProperty('authorization')
  })

  it('does not send the token of a server to another one', async () => {
    await using world = await openWorld()
    const { manager, id } = world
    const github = await manager.client(id, octokit)
    await using other = await startLoopbackService(() => ({ json: { id: 1, login: 'eve' } }))
    await manager.updateCredential(id, { input: { token: personalToken, baseUrl: other.origin } })
    await expect(github.request('GET /user')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    const next = await manager.client(id, octokit)
    expect((await next.request('GET /user')).data.login).toBe('eve')
  })

  it('hands on refusals that are not about the token', async () => {
    await using world = await openWorld()
    const github = await world.manager.client(world.id, octokit)
    await expect(github.request('GET /forbidden')).rejects.toMatchObject({ name: 'HttpError', status: 403 })
    expect(world.service.requests).toHaveLength(1)
  })
})

describe('octokitOf', () => {
  it('makes clients of another class, with its plugins and options', async () => {
    await using world = await openWorld()
    const Lamps = Octokit.plugin(github => ({
      lamps: () => github.request('GET /repos/{owner}/{repo}', lamps),
    }))
    const github = await world.manager.client(world.id, octokitOf(Lamps, { userAgent: 'lamps/1.0' }))
    expect((await github.lamps()).data.id).toBe(1)
    expect(world.service.requests[0]?.headers['user-agent']).toMatch(/^lamps\/1.0 /)
  })

  it('calls GitHub’s own server unless the credential names another', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(url)
      return Response.json({ id: 1 })
    }
    const token = githubAccess.mint({ value: lend('x') }, 1)
    const github = await authenticateWith(octokitOf(Octokit, { request: { fetch } }), token)
    await github.request('GET /user')
    expect(asked).toEqual(['https://api.github.com/user'])
  })
})
