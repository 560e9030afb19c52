import { afterEach, expect, it, vi } from 'vitest'
import { runParts } from './part.ts'

afterEach(() => vi.restoreAllMocks())

const node = (code: string): string[] => [process.execPath, '--eval', code]

it('runs every part, names those that failed, and leaves out what needs them', () => {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation(line => printed.push(line))
  vi.spyOn(console, 'error').mockImplementation(line => printed.push(line))
  const failed = runParts(
    [
      { name: 'Good', command: node('') },
      { name: 'Bad', command: node('process.exit(3)') },
      { name: 'Absent', command: ['no-such-program'] },
      { name: 'After bad', command: node(''), needs: 'Bad' },
      { name: 'After good', command: node(''), needs: 'Good' },
    ],
    process.cwd(),
  )
  expect(failed).toEqual(['Bad', 'Absent', 'After bad'])
  expect(printed.join('\n')).toContain('== After bad: not run, because it needs: Bad')
  expect(printed.join('\n')).toContain('no-such-program could not start')
})
