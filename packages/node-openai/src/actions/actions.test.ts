import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { faults, refused } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { createChatCompletion } from './create-chat-completion.ts'
import { createEmbeddings } from './create-embeddings.ts'
import { createResponse } from './create-response.ts'
import { streamChatCompletion } from './stream-chat-completion.ts'

type World = Awaited<ReturnType<typeof openWorld>>

const messages = [{ role: 'user', content: 'What is it?' } as const]
const chat = ({ manager, id }: World, model = 'gpt-lamp', parameters?: Record<string, unknown>) =>
  manager.run(createChatCompletion, { openai: id }, { model, messages, ...(parameters && { parameters }) })
const streamed = ({ manager, id }: World, model = 'gpt-lamp', signal?: AbortSignal) =>
  manager.stream(streamChatCompletion, { openai: id }, { model, messages }, { signal })

describe('createChatCompletion', () => {
  it('gives the answer, and sends further parameters along', async () => {
    await using world = await openWorld()
    expect(await chat(world, 'gpt-lamp', { temperature: 0, stream: true })).toEqual({
      id: 'chat-1',
      model: 'gpt-lamp',
      text: 'Light.',
      toolCalls: [],
      finishReason: 'stop',
      usage: { inputTokens: 9, outputTokens: 2 },
    })
    const sent = { model: 'gpt-lamp', messages, temperature: 0, stream: false }
    expect(world.service.requests[0]?.json()).toEqual(sent)
  })

  it('gives the tools that the model calls', async () => {
    await using world = await openWorld()
    expect(await chat(world, 'gpt-lamp', { tools: [{}] })).toMatchObject({
      text: null,
      toolCalls: [{ id: 'call-1' }],
      finishReason: 'tool_calls',
    })
  })

  it.each([
    ['the key', refused(401, 'invalid_api_key'), 'REAUTHORIZATION_REQUIRED'],
    ['its country', refused(403, 'unsupported_country_region_territory'), 'PROVIDER_REJECTED'],
    ['the empty account', refused(429, 'insufficient_quota'), 'PROVIDER_REJECTED'],
    ['the model', refused(404, 'model_not_found'), 'INPUT_INVALID'],
    ['the request', refused(400, 'context_length_exceeded'), 'INPUT_INVALID'],
  ])('says that the service refuses %s', async (_, answer, code) => {
    await using world = await openWorld()
    world.service.answerNext(answer)
    const error = await chat(world).catch(error => error)
    expect(error).toMatchObject({ code, credentialId: world.id })
    expect(leakScan(error, ['sentinel'])).toEqual([])
    expect(world.service.requests).toHaveLength(1)
  })

  it.each(Object.entries(faults))('may be tried later after %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await chat(world).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: world.id })
    expect(leakScan(error, ['sentinel'])).toEqual([])
    if (fault === faults['too many requests']) expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    expect(world.service.requests).toHaveLength(1)
    expect(await chat(world)).toMatchObject({ text: 'Light.' })
  })
})

describe('every action', () => {
  it('does not wait for a silent server longer than its caller does', async () => {
    await using world = await openWorld()
    world.service.answerNext('silence')
    const signal = AbortSignal.timeout(200)
    const input = { model: 'gpt-lamp', messages }
    const running = world.manager.run(createChatCompletion, { openai: world.id }, input, { signal })
    await expect(running).rejects.toThrow('timeout')
  })
})

describe('streamChatCompletion', () => {
  it('hands out the text as it comes', async () => {
    await using world = await openWorld()
    const pieces = await Array.fromAsync(streamed(world))
    expect(pieces.map(({ text }) => text).join('')).toBe('Light.')
    expect(pieces.find(({ finishReason }) => finishReason)).toMatchObject({ finishReason: 'stop' })
    expect(pieces.at(-1)).toEqual({ text: '', usage: { inputTokens: 9, outputTokens: 2 } })
  })

  it('that the service breaks off says so, without its words', async () => {
    await using world = await openWorld()
    const texts: string[] = []
    const error = await (async () => {
      for await (const { text } of streamed(world, 'breaks')) texts.push(text)
    })().catch(error => error)
    expect(texts.join('')).toBe('Li')
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: world.id })
    expect(leakScan(error, ['sentinel'])).toEqual([])
  })

  it('ends when its caller gives up', async () => {
    await using world = await openWorld()
    const giveUp = new AbortController()
    const pieces = streamed(world, 'hangs', giveUp.signal)
    await pieces.next()
    await pieces.next()
    setTimeout(() => giveUp.abort(new Error('enough')), 20)
    await expect(pieces.next()).rejects.toThrow('enough')
  })

  it('refused at once says what the service meant', async () => {
    await using world = await openWorld()
    world.service.answerNext(refused(401, 'invalid_api_key'))
    await expect(streamed(world).next()).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })
})

describe('the other actions', () => {
  it('createResponse gives the text and the items', async () => {
    await using world = await openWorld()
    const { manager, id } = world
    const input = { model: 'gpt-lamp', input: 'Name three.', instructions: 'Be brief.' }
    expect(await manager.run(createResponse, { openai: id }, input)).toMatchObject({
      id: 'resp-1',
      status: 'completed',
      text: 'Three lamps.',
      output: [{ id: 'msg-1' }],
      usage: { inputTokens: 4, outputTokens: 3 },
    })
    expect(world.service.requests[0]?.json()).toEqual({ ...input, stream: false })
  })

  it('createEmbeddings gives them in the order of the texts', async () => {
    await using world = await openWorld()
    const { manager, id } = world
    const input = { model: 'embed-lamp', input: ['a', 'b'] }
    expect(await manager.run(createEmbeddings, { openai: id }, input)).toEqual({
      model: 'embed-lamp',
      embeddings: [
        [0.5, 1],
        [1.5, 1],
      ],
      inputTokens: 2,
    })
  })

  it.each([
    [createResponse, { model: 'm', input: 'x' }],
    [createEmbeddings, { model: 'm', input: 'x' }],
  ] as const)('tell what a service that answers something else means', async (action, input) => {
    await using world = await openWorld()
    world.service.answerNext(faults['another document'])
    const run = world.manager.run(action as typeof createEmbeddings, { openai: world.id }, input)
    await expect(run).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  })
})
