import type { SourceFile } from './source-file.ts'

const scope = '@nebula-credential/'

type Layer = { contains: RegExp; mayImport: RegExp }

// The table of docs/architecture.md: who may import whom. The first row that contains a package is its layer.
const layers: Record<string, Layer> = {
  core: { contains: /^core$/, mayImport: /^$/ },
  transport: { contains: /^outbound$/, mayImport: /^core$/ },
  protocol: {
    contains: /^(api-key|basic-auth|oauth2|jwt|mtls|saml|ldap|kerberos)$/,
    mayImport: /^(core|outbound)$/,
  },
  storage: { contains: /^storage-/, mayImport: /^core$/ },
  keys: { contains: /^kms-/, mayImport: /^core$/ },
  node: {
    contains: /^node-/,
    mayImport: /^(core|outbound|api-key|basic-auth|oauth2|jwt|mtls|saml|ldap|kerberos)$/,
  },
  tooling: { contains: /^(testing|opentelemetry)$/, mayImport: /^core$/ },
  app: { contains: /^(cli|server)$/, mayImport: /./ },
}

const testsMayImport = /^(testing|storage-sqlite)$/

/** A package imports only the layers below its own. */
export function layerProblems(file: SourceFile): string[] {
  const [layerName, layer] =
    Object.entries(layers).find(([, { contains }]) => contains.test(file.packageName)) ?? []
  if (!layer)
    return [`${file.path}:1 package ${file.packageName} belongs to no layer of tools/architecture/layers.ts`]
  return file.imports
    .filter(({ specifier }) => specifier.startsWith(scope))
    .map(({ specifier, line }) => ({ imported: specifier.slice(scope.length).split('/')[0] ?? '', line }))
    .filter(
      ({ imported }) => !layer.mayImport.test(imported) && !(file.isTest && testsMayImport.test(imported)),
    )
    .map(({ imported, line }) => `${file.path}:${line} the ${layerName} layer may not import ${imported}`)
}
