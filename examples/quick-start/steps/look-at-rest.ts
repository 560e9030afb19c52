import { backends } from '../backend/backends.ts'
import { expect } from '../expectation.ts'
import type { Credentials, World } from '../world.ts'

export async function lookAtRest(world: World, ids: Credentials): Promise<void> {
  const { acme, place, terminal } = world
  terminal.step('Look at what is stored')
  await showRecord(world, ids.grant)

  const secrets = {
    ...ids.secrets,
    'access token of the client': (await acme.getToken(ids.service)).value.expose(),
    'access token of ada': (await acme.getToken(ids.grant)).value.expose(),
    passphrase: place.passphrase,
  }
  const stored = await backends[place.backend].atRest(place.location)
  const found = (text: string) =>
    stored.find(({ bytes }) => spellings(text).some(spelling => bytes.includes(spelling)))
  for (const [name, secret] of Object.entries(secrets)) {
    const where = found(secret)?.name
    expect(where === undefined, `The ${name} stands in clear in ${where}.`)
  }
  expect(found(ids.grant) !== undefined, 'The search did not even find the id of a credential.')
  const size = stored.reduce((sum, { bytes }) => sum + bytes.length, 0)
  terminal.did(`searched all that is stored there byte by byte (${size.toLocaleString('en-US')} bytes)`)
  terminal.saw(`found no secret, neither in clear nor in hex or base64: ${Object.keys(secrets).join(', ')}`)
}

async function showRecord({ place, terminal }: World, id: string): Promise<void> {
  const store = backends[place.backend].openStore(place.location)
  try {
    const record = await store.get('acme', id)
    expect(record !== undefined, 'The record is not in the store.')
    const { state, scope, name, type, status, generation, version } = record
    terminal.did('read a record as it stands in the store')
    terminal.facts({
      name,
      type,
      status,
      scope: JSON.stringify(scope),
      generation: `${generation}, version ${version}`,
      state: `${Buffer.from(state).toString('hex', 0, 32)}... (${state.length} bytes, sealed)`,
    })
  } finally {
    await store.close()
  }
}

function spellings(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const encoded = (['hex', 'base64', 'base64url'] as const).map(encoding => bytes.toString(encoding))
  return [text, ...encoded.map(each => each.replace(/=+$/, ''))].map(each => Buffer.from(each))
}
