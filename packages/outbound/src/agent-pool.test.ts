import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { AgentPool } from './agent-pool.ts'
import type { ClientCertificate } from './client-certificate.ts'

function newPool() {
  const made: Agent[] = []
  const pool = new AgentPool(() => {
    const agent = new Agent()
    made.push(agent)
    return agent
  })
  return { pool, made }
}

const ofClient = (name: string): ClientCertificate => ({
  certificate: `certificate of ${name}`,
  privateKey: `sentinel-key of ${name}`,
})

describe('the agents of a guarded fetch', () => {
  it('are one for each certificate and key, and one for requests without', () => {
    const { pool } = newPool()
    expect(pool.of(undefined)).toBe(pool.of(undefined))
    expect(pool.of(ofClient('a'))).toBe(pool.of(ofClient('a')))
    const others = [
      pool.of(undefined),
      pool.of(ofClient('a')),
      pool.of(ofClient('b')),
      pool.of({ ...ofClient('a'), privateKey: 'sentinel-key of another' }),
    ]
    expect(new Set(others).size).toBe(4)
  })

  it('are bounded: the one that was not used for longest is closed', () => {
    const { pool, made } = newPool()
    const kept = pool.of(ofClient('kept'))
    const dropped = pool.of(ofClient('dropped'))
    for (let client = 0; client < 99; client++) {
      pool.of(ofClient('kept'))
      pool.of(ofClient(String(client)))
    }
    expect(dropped.closed).toBe(true)
    expect(made.filter(agent => agent.closed)).toEqual([dropped])
    expect(pool.of(ofClient('kept'))).toBe(kept)
    expect(pool.of(ofClient('dropped'))).not.toBe(dropped)
  })
})
