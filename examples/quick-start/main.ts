import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer } from 'authorization-server'
import { type BackendName, backends } from './backend/backends.ts'
import { openManager } from './open-manager.ts'
import { programArguments } from './program-arguments.ts'
import { callTheServices } from './steps/call-the-services.ts'
import { createCredentials } from './steps/create-credentials.ts'
import { findTampering } from './steps/find-tampering.ts'
import { lookAtRest } from './steps/look-at-rest.ts'
import { refreshOnce } from './steps/refresh-once.ts'
import { surviveAKill } from './steps/survive-a-kill.ts'
import { tryAnotherTenant } from './steps/try-another-tenant.ts'
import { Terminal } from './terminal.ts'

const accessTokenTtlS = 6
const terminal = new Terminal()
const folder = mkdtempSync(join(tmpdir(), 'nebula-quick-start-'))
try {
  const { storage } = programArguments(process.argv.slice(2))
  const startedAt = Date.now()
  await quickStart(storage)
  terminal.heading('Everything went as promised', `${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
} catch (thrown) {
  const error = firstOf(thrown)
  terminal.failed(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function quickStart(storage: BackendName): Promise<void> {
  await using location = await backends[storage].start(folder)
  const place = { backend: storage, location, passphrase: randomBytes(24).toString('base64url') }
  terminal.heading('nebula-credential quick start', `Credentials are kept in ${location.description}`)

  terminal.step('Start a real OAuth 2.0 server, and open the manager')
  await using server = await startAuthorizationServer({ accessTokenTtlS })
  terminal.did(
    `oidc-provider on ${server.issuer}: access tokens live ${accessTokenTtlS} s, a refresh token works once, and using it twice ends its grant`,
  )
  await using manager = await openManager(place)
  terminal.did('a manager with a passphrase made for this run')
  const acme = manager.as({ tenantId: 'acme', actor: 'quick-start' })
  const world = { terminal, server, place, manager, acme }

  const ids = await createCredentials(world)
  await callTheServices(world, ids)
  await refreshOnce(world, ids)
  await lookAtRest(world, ids)
  const attempt = await tryAnotherTenant(world, ids)
  await surviveAKill(world, ids)
  await findTampering(world, attempt)
}

/** What went wrong first: whatever also fails while things are put away is not the reason. */
function firstOf(thrown: unknown): unknown {
  return thrown instanceof SuppressedError ? firstOf(thrown.suppressed) : thrown
}
