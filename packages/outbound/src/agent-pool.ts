import { createHash } from 'node:crypto'
import type { Agent } from 'undici'
import type { ClientCertificate } from './client-certificate.ts'

const maxAgents = 100

/** Agents, one for each client certificate: a connection that proves who somebody is carries nobody else's requests. */
export class AgentPool {
  readonly #make: (certificate?: ClientCertificate) => Agent
  readonly #anonymous: Agent
  readonly #presenting = new Map<string, Agent>()

  constructor(make: (certificate?: ClientCertificate) => Agent) {
    this.#make = make
    this.#anonymous = make()
  }

  of(certificate: ClientCertificate | undefined): Agent {
    if (certificate === undefined) return this.#anonymous
    const key = fingerprint(certificate)
    const agent = this.#presenting.get(key) ?? this.#make(certificate)
    this.#presenting.delete(key)
    this.#presenting.set(key, agent)
    if (this.#presenting.size > maxAgents) this.#dropOldest()
    return agent
  }

  #dropOldest(): void {
    const [oldest] = this.#presenting
    if (oldest === undefined) return
    this.#presenting.delete(oldest[0])
    // Waits for the requests that are under way.
    oldest[1].close().catch(() => {})
  }
}

function fingerprint({ certificate, privateKey }: ClientCertificate): string {
  const digest = (text: string) => createHash('sha256').update(text).digest('base64url')
  return `${digest(certificate)} ${digest(privateKey)}`
}
