import { readdirSync, readFileSync } from 'node:fs'

const includeLine = /^\s*-- include ([a-z-]+)$/gm
const commentLine = /^\s*--.*\n/gm

/** A file of SQL or Lua, as a program runs it. */
export interface EmbeddedSource {
  readonly file: string
  /** What a constant that holds it is called: `takeLock` for `take-lock.lua`. */
  readonly name: string
  /** Without its comments, and with what it includes in place: `-- include name` stands for a file of `include/`. */
  readonly text: string
}

/** The files of a folder with an extension such as `.sql`, in alphabetical order. */
export function embeddedSources(folder: URL, extension: string): readonly EmbeddedSource[] {
  return readdirSync(folder)
    .filter(file => file.endsWith(extension))
    .sort()
    .map(file => ({ file, name: nameOf(file, extension), text: textOf(folder, file, extension) }))
}

/** A text as a template literal of TypeScript. */
export function literal(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}

function textOf(folder: URL, file: string, extension: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
    .replaceAll(includeLine, (_, name: string) =>
      readFileSync(new URL(`include/${name}${extension}`, folder), 'utf8'),
    )
    .replaceAll(commentLine, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
}

function nameOf(file: string, extension: string): string {
  return file.slice(0, -extension.length).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
