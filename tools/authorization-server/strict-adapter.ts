import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'

/** What one provider stores, in memory and without a bound. */
export class StrictStorage {
  readonly #payloads = new Map<string, AdapterPayload>()
  readonly #keysByGrant = new Map<string, Set<string>>()
  readonly #endedGrants = new Set<string>()

  adapter(model: string): Adapter {
    const keyOf = (id: string) => `${model}:${id}`
    return {
      find: async id => this.#live(keyOf(id)),
      findByUid: async uid => this.#search(model, payload => payload.uid === uid),
      findByUserCode: async userCode => this.#search(model, payload => payload.userCode === userCode),
      upsert: async (id, payload, expiresIn) => {
        // A request may still be at work on a grant that another has ended.
        if (payload.grantId !== undefined && this.#endedGrants.has(payload.grantId)) return
        const exp = payload.exp ?? (expiresIn ? Math.floor(Date.now() / 1000) + expiresIn : undefined)
        this.#payloads.set(keyOf(id), { ...payload, ...(exp !== undefined && { exp }) })
        if (payload.grantId !== undefined) this.#keysOf(payload.grantId).add(keyOf(id))
      },
      consume: async id => this.#consume(keyOf(id)),
      destroy: async id => {
        this.#payloads.delete(keyOf(id))
      },
      revokeByGrantId: async grantId => this.endGrant(grantId),
    }
  }

  /** Ends a grant and every token of it. */
  endGrant(grantId: string): void {
    this.#endedGrants.add(grantId)
    for (const key of this.#keysOf(grantId)) this.#payloads.delete(key)
    this.#keysByGrant.delete(grantId)
    this.#payloads.delete(`Grant:${grantId}`)
  }

  /** Two requests with one refresh token may come at once; the second to get here is the reuse that ends the grant. */
  #consume(key: string): void {
    const payload = this.#payloads.get(key)
    if (payload === undefined || payload.consumed !== undefined) {
      if (payload?.grantId !== undefined) this.endGrant(payload.grantId)
      throw new errors.InvalidGrant('refresh token already used')
    }
    this.#payloads.set(key, { ...payload, consumed: Math.floor(Date.now() / 1000) })
  }

  // The provider itself compares the time where an expired token matters.
  #live(key: string): AdapterPayload | undefined {
    const payload = this.#payloads.get(key)
    return payload && { ...payload }
  }

  #search(model: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, payload] of this.#payloads) {
      if (key.startsWith(`${model}:`) && matches(payload)) return { ...payload }
    }
    return undefined
  }

  #keysOf(grantId: string): Set<string> {
    const keys = this.#keysByGrant.get(grantId) ?? new Set()
    this.#keysByGrant.set(grantId, keys)
    return keys
  }
}
