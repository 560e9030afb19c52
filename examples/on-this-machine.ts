import { registerHooks } from 'node:module'

// Preloaded by tests: an example meets the authorization server of this machine instead of the provider that it names.
const program = /\/examples\/(?:connect-account\/app|device-login\/main)\.ts$/

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    return program.test(url) ? { ...loaded, source: onThisMachine(String(loaded.source)) } : loaded
  },
})

function onThisMachine(source: string): string {
  const changed = source
    .replaceAll(/\bproviders\.\w+/g, 'localProvider')
    .replace('.build()', '.withFetch(localFetch).build()')
  return `import { localFetch, localProvider } from '../local-provider.ts'\n${changed}`
}
