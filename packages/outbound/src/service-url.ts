/** What {@link isServiceUrl} wants, for the message of a schema. */
export const serviceUrlRule = 'must be an http or https URL without user name, query and fragment'

/**
 * Whether a text can be the base URL of a service, to which paths are added. It says nothing about whether it may be
 * called: that is for the `fetch` to say.
 *
 * @example
 * z.string().refine(isServiceUrl, serviceUrlRule)
 */
export function isServiceUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.username === '' && url.password === '' && !/[?#]/.test(text)
}
