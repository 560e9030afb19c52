/** What a JSON object has, before anybody has looked at it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The object that a text is the JSON of; undefined for any other text. */
export function parsedObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
