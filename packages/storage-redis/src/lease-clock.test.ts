import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LeaseClock } from './lease-clock.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('calls everything at its own interval until it is stopped', () => {
  const clock = new LeaseClock()
  const calls: string[] = []
  const stopSlow = clock.every(100, () => calls.push('slow'))
  const stopFast = clock.every(30, () => calls.push('fast'))
  vi.advanceTimersByTime(100)
  expect(calls).toEqual(['fast', 'fast', 'fast', 'slow'])
  stopFast()
  vi.advanceTimersByTime(100)
  expect(calls).toEqual(['fast', 'fast', 'fast', 'slow', 'slow'])
  stopSlow()
  vi.advanceTimersByTime(1_000)
  expect(calls).toHaveLength(5)
  expect(vi.getTimerCount()).toBe(0)
})

it('goes on for one when another is stopped or started by the work itself', () => {
  const clock = new LeaseClock()
  const calls: string[] = []
  const stopFirst = clock.every(10, () => {
    calls.push('first')
    stopFirst()
    clock.every(5, () => calls.push('second'))
  })
  clock.every(40, () => calls.push('third'))
  vi.advanceTimersByTime(21)
  expect(calls).toEqual(['first', 'second', 'second'])
  vi.advanceTimersByTime(20)
  expect(calls.filter(call => call === 'third')).toHaveLength(1)
})

it('sets no timer for a lease that ends before those that stand', () => {
  const clock = new LeaseClock()
  clock.every(10_000, () => {})()
  const set = vi.spyOn(globalThis, 'setTimeout')
  for (let lease = 0; lease < 100; lease++) clock.every(10_000, () => {})()
  expect(set).not.toHaveBeenCalled()
  vi.advanceTimersByTime(20_000)
  expect(vi.getTimerCount()).toBe(0)
})
