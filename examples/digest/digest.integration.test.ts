import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { personalToken, startGithub } from '../../packages/node-github/test/service.ts'
import { startOpenai } from '../../packages/node-openai/test/service.ts'
import { parametersOf, startBotApi } from '../../packages/node-telegram/test/service.ts'
import { runNode } from '../run-node.ts'

const secrets = { botToken: '7:sentinel-bot', apiKey: 'sk-sentinel-writer' }

async function startServices() {
  const stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'nebula-digest-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const telegram = stack.use(await startBotApi(secrets.botToken))
  const openai = stack.use(await startOpenai(secrets.apiKey))
  const github = stack.use(await startGithub())
  const database = join(folder, 'digest.db')
  const run = (changes: Record<string, string> = {}) =>
    runNode(['--conditions=@nebula-credential/source', join(import.meta.dirname, 'main.ts')], {
      env: {
        NEBULA_PASSPHRASE: 'correct horse battery staple',
        DIGEST_DATABASE: database,
        TELEGRAM_API_ROOT: telegram.origin,
        TELEGRAM_BOT_TOKEN: secrets.botToken,
        TELEGRAM_CHAT_ID: '42',
        OPENAI_URL: `${openai.origin}/v1`,
        OPENAI_KEY: secrets.apiKey,
        GITHUB_URL: `${github.origin}/api/v3`,
        GITHUB_TOKEN: personalToken,
        GITHUB_REPOSITORY: 'acme/lamps',
        ...changes,
      },
    })
  return { telegram, openai, github, database, run, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const noSecret = /sentinel/

describe('the digest', () => {
  it('is read, written and sent with three credentials, each use in the audit', async () => {
    await using services = await startServices()
    services.github.answerNext({
      json: [
        { number: 1, title: 'It is dark' },
        { number: 2, title: 'Bulbs' },
      ],
    })
    const { output, errors, exitCode } = await services.run()
    expect(errors).toBe('')
    expect(exitCode).toBe(0)
    const [bot, sent, ...uses] = output.trimEnd().split('\n')
    expect([bot, sent]).toEqual(['@lamp_bot', '2 issues in message 1'])
    expect(uses.toSorted()).toEqual(
      ['github_token', 'openai_api_key', 'telegram_bot'].map(
        type => `digest.send used a ${type} as digest: success`,
      ),
    )
    const [question] = services.openai.requests
    expect(question?.body.toString()).toContain('#1 It is dark')
    const message = services.telegram.requests.find(({ path }) => path.endsWith('/sendMessage'))
    expect(message && parametersOf(message)).toMatchObject({ chat_id: '42', text: 'Light.' })
    expect(output).not.toMatch(noSecret)
    expect(readFileSync(services.database, 'latin1')).not.toMatch(noSecret)
  })

  it.each([
    ['TELEGRAM_BOT_TOKEN', '7:revoked', 'telegram_bot', 'telegraf'],
    ['OPENAI_KEY', 'sk-revoked', 'openai_api_key', 'digest.send'],
    ['GITHUB_TOKEN', `ghp_${'x'.repeat(36)}`, 'github_token', 'digest.send'],
  ])('tells whose credential was refused when %s is', async (name, value, type, by) => {
    await using services = await startServices()
    if (name !== 'GITHUB_TOKEN') services.github.answerNext({ json: [{ number: 1, title: 'It is dark' }] })
    const { output, errors, exitCode } = await services.run({ [name]: value })
    expect(exitCode).toBe(1)
    // The bot's name is asked for by the client itself, whose errors are its own.
    if (by === 'telegraf') expect(errors).toContain('401: Unauthorized')
    else {
      expect(errors).toMatch(new RegExp(`CredentialError: .*${type}_\\w{26}`))
      expect(errors).toContain("code: 'REAUTHORIZATION_REQUIRED'")
    }
    expect(output + errors).not.toMatch(noSecret)
    expect(output + errors).not.toContain(value)
  })

  it('says what is missing', async () => {
    await using services = await startServices()
    const { errors, exitCode } = await services.run({ OPENAI_KEY: '' })
    expect(errors).toContain('Set OPENAI_KEY')
    expect(exitCode).toBe(1)
  })
})
