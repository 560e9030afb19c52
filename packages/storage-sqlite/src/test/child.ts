import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const nodeArguments = ['--conditions=@nebula-credential/source']

/** Starts a program of this folder in a process of its own, which can be killed. */
export function startChild(program: string, ...given: string[]): ChildProcess {
  return spawn(process.execPath, [...nodeArguments, pathOf(program), ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Runs a program of this folder to its end. Resolves to its lines of output. */
export async function runChild(program: string, ...given: string[]): Promise<string[]> {
  return linesOf(startChild(program, ...given))
}

/**
 * Runs a program of this folder in a mount namespace of its own, after `mounts`, shell commands in which `$1` is
 * `folder`. Nothing stays mounted after it.
 */
export function runMounted(
  folder: string,
  mounts: string,
  program: string,
  ...given: string[]
): Promise<string[]> {
  const script = `${mounts} && shift && exec "$@"`
  const command = [process.execPath, ...nodeArguments, pathOf(program), ...given]
  return linesOf(
    spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
}

/** Whether this machine lets tests mount; where it must be tested, a machine that does not fails the tests. */
export function canMount(): boolean {
  return (
    process.env.CI === 'true' ||
    spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
  )
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const exited = once(child, 'exit')
  const lines: string[] = []
  if (child.stdout) for await (const line of createInterface(child.stdout)) lines.push(line)
  const [code, signal] = await exited
  if (code !== 0) throw new Error(`The child ended with ${signal ?? code}: ${lines.join('\n')}`)
  return lines
}

function pathOf(program: string): string {
  return fileURLToPath(new URL(program, import.meta.url))
}
