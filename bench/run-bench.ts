import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Report } from './report.ts'

/** A bench program with its arguments. */
export interface Run {
  readonly file: string
  readonly arguments: readonly string[]
  /** Left out when no bench is named, because it takes minutes. */
  readonly long?: boolean
}

const heapForAMillion = '--max-old-space-size=12000'

/**
 * Runs a bench program, which reports once, in a process of its own: what one leaves in the heap must not slow the next.
 */
export async function runBench(run: Run): Promise<Report> {
  const child = fork(join(import.meta.dirname, run.file), run.arguments, {
    execArgv: [...process.execArgv, '--expose-gc', heapForAMillion],
  })
  return new Promise((resolve, reject) => {
    let report: Report | undefined
    child.once('message', message => {
      report = message as Report
    })
    child.once('error', reject)
    child.once('exit', code => {
      if (code === 0 && report !== undefined) resolve(report)
      else reject(new Error(`${run.file} ${run.arguments.join(' ')} ended with code ${code}`))
    })
  })
}
