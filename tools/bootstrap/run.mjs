// Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled, markInstalled } from './install-stamp.mjs'
import { pinnedPnpm } from './pnpm.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NX_DAEMON: 'false' }

/** @type {Record<string, string[]>} */
const targets = {
  start: ['node', '--conditions=@nebula-credential/source', 'examples/quick-start/main.ts'],
  test: ['node', 'tools/check/main.ts'],
}

const [name = '', ...rest] = process.argv.slice(2)
const target = targets[name]
if (!target) fail(`Usage: node tools/bootstrap/run.mjs ${Object.keys(targets).join('|')}`)

if (isInstalled(root)) {
  say('Dependencies are up to date')
} else {
  const pnpm = pinnedPnpm(root)
  say(`Installing dependencies with ${pnpm.source}`)
  run([...pnpm.command, 'install', '--frozen-lockfile', '--reporter=append-only'], 'Installing dependencies')
  markInstalled(root)
}

say(`Running ${target.join(' ')}`)
run([...target, ...rest], `npm ${name}`)

/**
 * @param {string[]} commandLine
 * @param {string} what
 */
function run([command = '', ...args], what) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) fail(`${what} could not start: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** @param {string} message */
function say(message) {
  console.log(`> ${message}`)
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message)
  process.exit(1)
}
