/** How a person acts on the pages of an authorization server. */
export interface Person {
  /** Who signs in. */
  readonly account: string
  /** Whether they say no when asked for consent. Default false. */
  readonly denies?: boolean
  /** Which scopes they leave ticked. Default: all. */
  readonly scope?: string
}

/** A browser with cookies that fills in the pages of one authorization server, by HTTP alone. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #person: Person
  readonly #fetch: typeof globalThis.fetch

  /** `fetch` must trust the server's certificate. Default: the platform's. */
  constructor(person: Person, fetch = globalThis.fetch) {
    this.#person = person
    this.#fetch = fetch
  }

  /** Visits a page and does all that it asks, until the server sends the browser away: that URL. */
  async visit(url: string): Promise<string> {
    const { origin } = new URL(url)
    let response = await this.#request(url)
    for (let pages = 0; pages < 20; pages++) {
      const location = response.headers.get('location')
      if (location !== null) {
        const next = new URL(location, response.url || url)
        if (next.origin !== origin) return next.href
        response = await this.#request(next.href)
        continue
      }
      const form = this.#filled(await response.text())
      if (form === undefined) throw new Error(`The page at ${url} (HTTP ${response.status}) has no form`)
      response = await this.#request(new URL(form.action, origin).href, form.fields)
    }
    throw new Error('The pages never end')
  }

  /** Enters a code on the page for devices, and confirms it. */
  async enterCode(verificationUri: string, userCode: string): Promise<void> {
    let page = await (await this.#request(verificationUri)).text()
    for (let pages = 0; pages < 20; pages++) {
      const form = this.#filled(page, userCode)
      if (form === undefined) return
      let response = await this.#request(new URL(form.action, verificationUri).href, form.fields)
      for (let location = response.headers.get('location'); location; ) {
        response = await this.#request(new URL(location, verificationUri).href)
        location = response.headers.get('location')
      }
      // Whoever has said no is asked for another code.
      if (form.fields.has('abort')) return
      page = await response.text()
    }
    throw new Error('The pages never end')
  }

  #filled(page: string, userCode = ''): { action: string; fields: URLSearchParams } | undefined {
    const forms = [...page.matchAll(/<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g)]
    const wanted = this.#person.denies ? /deny|abort|<form/ : /./
    const chosen =
      (this.#person.denies ? forms.find(([, action]) => action?.endsWith('/deny')) : undefined) ??
      forms.find(([form]) => wanted.test(form))
    if (chosen === undefined) return undefined
    const fields = new URLSearchParams()
    for (const [input] of chosen[2]?.matchAll(/<input[^>]*>/g) ?? []) {
      const name = /name="([^"]+)"/.exec(input)?.[1]
      if (name !== undefined) fields.set(name, this.#valueOf(name, input, userCode))
    }
    if (this.#person.denies && /name="confirm"/.test(chosen[0])) {
      fields.delete('confirm')
      fields.set('abort', 'yes')
    }
    return { action: (chosen[1] ?? '').replaceAll('&amp;', '&'), fields }
  }

  #valueOf(name: string, input: string, userCode: string): string {
    if (name === 'account') return this.#person.account
    if (name === 'scope') return this.#person.scope ?? ''
    if (name === 'user_code') return userCode
    return /value="([^"]*)"/.exec(input)?.[1] ?? ''
  }

  async #request(url: string, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await this.#fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body !== undefined && { method: 'POST', body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const isGone = value === '' || /expires=Thu, 01 Jan 1970/i.test(line)
      if (isGone) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}
