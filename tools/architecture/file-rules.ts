import type { SourceFile } from './source-file.ts'

const maxLines = 400
const vagueWords = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'base', 'impl'])
const vendors =
  /telegram|telegraf|openai|github|octokit|gitlab|amazon|google|slack|microsoft|azure|discord|salesforce|hubspot|atlassian|hashicorp/i
// Apart, because "draws" and "laws" are innocent.
const aws = /(?<![A-Za-z])aws|A(?:ws|WS)(?![a-z])/

/** Exports are named one by one, names say something, files stay short. */
export function fileProblems(file: SourceFile): string[] {
  return [
    ...file.exportStars.map(line => `${file.path}:${line} list the exports by name instead of export *`),
    ...file.defaultExports.map(line => `${file.path}:${line} name the export instead of export default`),
    ...nameProblems(file),
    ...(!file.isTest && file.lines.length > maxLines
      ? [
          `${file.path}:${maxLines} ${file.lines.length} lines are more than ${maxLines}: split the file by idea`,
        ]
      : []),
  ]
}

function nameProblems({ path }: SourceFile): string[] {
  return path
    .split('/')
    .slice(2)
    .filter(part => part.split(/[-.]/).some(word => vagueWords.has(word)))
    .map(part => `${path}:1 ${part} does not say what it holds`)
}

/** Core knows no service: no vendor's name occurs in it. */
export function vendorProblems(file: SourceFile): string[] {
  if (!file.path.startsWith('packages/core/src/')) return []
  return file.lines.flatMap((text, index) => {
    const name = (vendors.exec(text) ?? aws.exec(text))?.[0]
    return name ? [`${file.path}:${index + 1} core may not know ${name}`] : []
  })
}
