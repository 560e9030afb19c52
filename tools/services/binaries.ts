import { spawnSync } from 'node:child_process'
import { accessSync, constants, globSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ServiceUnavailable } from './service-unavailable.ts'

/** A server program, and what to install where it is missing. */
export interface ServerPackage {
  /** Named in messages: `PostgreSQL`. */
  readonly label: string
  readonly debianPackage: string
  /** Folders beside PATH where it may be, as globs. The last in alphabetical order wins. */
  readonly folders: readonly string[]
}

export const redisPackage: ServerPackage = {
  label: 'Redis',
  debianPackage: 'redis-server',
  folders: ['/usr/local/opt/redis/bin', '/opt/homebrew/opt/redis/bin'],
}

export const postgresPackage: ServerPackage = {
  label: 'PostgreSQL',
  debianPackage: 'postgresql',
  folders: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'],
}

export const pgbouncerPackage: ServerPackage = {
  label: 'PgBouncer',
  debianPackage: 'pgbouncer',
  folders: ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'],
}

/**
 * The paths of programs of one package, which is installed by apt where it is missing and that is possible.
 * @throws ServiceUnavailable
 */
export function binaries<Name extends string>(
  from: ServerPackage,
  names: readonly Name[],
): Record<Name, string> {
  const found = find(from, names) ?? (install(from) ? find(from, names) : undefined)
  if (found) return found
  throw new ServiceUnavailable(
    `${from.label} is not installed and could not be: put ${names.join(', ')} on PATH, ` +
      `or install it (Debian: apt-get install ${from.debianPackage})`,
  )
}

function find<Name extends string>(
  from: ServerPackage,
  names: readonly Name[],
): Record<Name, string> | undefined {
  const found: [Name, string][] = []
  for (const name of names) {
    const path = searchPath(from)
      .map(folder => join(folder, name))
      .find(isExecutable)
    if (path === undefined) return undefined
    found.push([name, path])
  }
  return Object.fromEntries(found) as Record<Name, string>
}

// The package's own folders first: they hold all programs of one version, PATH may mix several.
function searchPath(from: ServerPackage): string[] {
  const own = from.folders.flatMap(folder => globSync(folder).sort().reverse())
  return [...own, ...(process.env.PATH ?? '').split(delimiter)].filter(folder => folder !== '')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install({ label, debianPackage }: ServerPackage): boolean {
  if (process.getuid?.() !== 0) return false
  console.log(`> Installing ${label} (apt-get install ${debianPackage})`)
  using _ = forbidSystemServices()
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', debianPackage)
}

// Debian's packages start a system-wide server when they are installed, unless this file says no.
function forbidSystemServices(): Disposable {
  const policy = '/usr/sbin/policy-rc.d'
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 })
  } catch {
    // The machine has a policy of its own.
    return { [Symbol.dispose]() {} }
  }
  return { [Symbol.dispose]: () => rmSync(policy, { force: true }) }
}
