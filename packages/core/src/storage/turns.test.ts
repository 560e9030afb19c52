import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const patient = new AbortController().signal

test('callers of one key come one at a time, in their order; other keys are free', async () => {
  const turns = new Turns()
  const order: string[] = []
  const leave = await turns.enter('k', patient)
  const waiting = ['a', 'b', 'c'].map(async name => {
    const done = await turns.enter('k', patient)
    order.push(name)
    done()
  })
  expect(turns.tryEnter('k')).toBeUndefined()
  expect(turns.tryEnter('other')).toBeTypeOf('function')
  leave()
  leave()
  await Promise.all(waiting)
  expect(order).toEqual(['a', 'b', 'c'])
  expect(turns.tryEnter('k')).toBeTypeOf('function')
})

test('who gives up waiting is passed over', async () => {
  const turns = new Turns()
  const leave = await turns.enter('k', patient)
  const impatient = new AbortController()
  const gone = turns.enter('k', impatient.signal)
  const next = turns.enter('k', patient)
  impatient.abort(new Error('gone'))
  await expect(gone).rejects.toThrow('gone')
  leave()
  await expect(next).resolves.toBeTypeOf('function')
})
