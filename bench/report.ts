import { type Figure, printTable } from './table.ts'

/** What a bench program tells the program that started it. */
export interface Report {
  readonly title: string
  readonly figures: readonly Figure[]
}

/** Hands figures to the program that started this one, or prints them where a bench was started by itself. */
export async function report(title: string, figures: readonly Figure[]): Promise<void> {
  if (process.send === undefined) return printTable(title, figures)
  await new Promise<void>((resolve, reject) => {
    process.send?.({ title, figures } satisfies Report, undefined, undefined, error =>
      error ? reject(error) : resolve(),
    )
  })
}
