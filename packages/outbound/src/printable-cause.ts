/**
 * What may stand as the cause of a failure: an error of the system, of TLS or of the HTTP client, which quotes neither
 * the request nor the response. Of any other error only the name is kept: parsers quote the text they refuse.
 */
export function printableCause(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  const code = errorCode(error)
  if (code === undefined) return new Error(error.name)
  // A parser error carries the bytes it could not read.
  if ('data' in error) return Object.assign(new Error(error.name), { code })
  return error
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
