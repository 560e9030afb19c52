import { z } from 'zod'

/** A part of a provider's URLs that differs by account. What it may hold cannot change what stands around it. */
export interface Placeholder {
  /** `label`: one part of a host's name; `host`: a whole name; `segment`: one part of a path. */
  readonly kind: 'label' | 'host' | 'segment'
  /** What it is, for people. */
  readonly title: string
  readonly example: string
  /** Makes it optional. */
  readonly default?: string
  /** The only values that there are. */
  readonly oneOf?: readonly string[]
  /** For a `host`: the domain that it must be in, so that no client secret goes elsewhere. */
  readonly within?: string
}

export type Placeholders = Readonly<Record<string, Placeholder>>

type ValueOf<P> = P extends { readonly oneOf: readonly (infer Value)[] } ? Value : string

type OptionalNames<P> = {
  [Name in keyof P]: P[Name] extends { readonly default: string } ? Name : never
}[keyof P]

/** The fields of an input that fill placeholders in. */
export type PlaceholderFields<P> = {
  readonly [Name in Exclude<keyof P, OptionalNames<P>>]: ValueOf<P[Name]>
} & { readonly [Name in OptionalNames<P>]?: ValueOf<P[Name]> | undefined }

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const patterns = {
  label: new RegExp(`^${label}$`, 'i'),
  // A name, never an address: its last part has no digit.
  host: new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+[a-z]{2,63}$`, 'i'),
  segment: /^(?!\.+$)[\w.~-]{1,128}$/,
}
const rules = {
  label: 'must be one part of a host name: letters, digits and hyphens',
  host: 'must be a host name, without scheme, port or path',
  segment: 'must be one part of a path: letters, digits, ".", "_", "~" and "-"',
}

/** What the input takes for a placeholder. */
export function placeholderSchema({ kind, default: preset, oneOf, within }: Placeholder) {
  const fits = (text: string) =>
    patterns[kind].test(text) &&
    (oneOf === undefined || oneOf.includes(text)) &&
    (within === undefined || text === within || text.toLowerCase().endsWith(`.${within}`))
  const rule = rules[kind] + (within === undefined ? '' : `, in ${within}`)
  const schema = z.string().refine(fits, oneOf === undefined ? rule : `must be one of ${oneOf.join(', ')}`)
  return preset === undefined ? schema : schema.optional()
}

/** The names of the placeholders in a text. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

/** A text with its placeholders filled in. */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}
