/**
 * A document with its generated parts filled in. A part stands between `<!-- generated: name -->` and
 * `<!-- end of name -->`.
 *
 * @throws Error for a place whose name is unknown or whose end is missing
 */
export function withTables(document: string, tables: Record<string, string>): string {
  return document.replaceAll(
    /^<!-- generated: (\S+) -->$(?:[\s\S]*?^<!-- end of \1 -->$)?/gm,
    (place, name: string) => {
      const table = tables[name]
      if (table === undefined) throw new Error(`There is no generated table "${name}"`)
      const end = `<!-- end of ${name} -->`
      if (!place.endsWith(end)) throw new Error(`The place of table "${name}" has no ${end}`)
      return `<!-- generated: ${name} -->\n\n${table}\n\n${end}`
    },
  )
}

/** The names of the tables that a document holds. */
export function tablesIn(document: string): string[] {
  return [...document.matchAll(/^<!-- generated: (\S+) -->$/gm)].map(([, name = '']) => name)
}
