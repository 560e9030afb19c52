import type { KoaContextWithOIDC } from 'oidc-provider'

/** The pages on which a person enters a device's code: the provider's own forms, and nothing around them. */
export const devicePages = {
  userCodeInputSource: (context: KoaContextWithOIDC, form: string) => show(context, form),
  userCodeConfirmSource: (context: KoaContextWithOIDC, form: string) => show(context, form),
  successSource: (context: KoaContextWithOIDC) => show(context, 'The device is connected'),
}

async function show(context: KoaContextWithOIDC, body: string): Promise<void> {
  context.body = `<!doctype html><title>Connect a device</title>${body}`
}
