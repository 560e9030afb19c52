import { type Figure, printTable } from './table.ts'

/** What a bench program tells the program that started it. */
export interface Report {
  readonly title: string
  readonly figures: readonly Figure[]
}

/** Hands figures to `main.ts`, or prints them where a bench was started by itself. */
export function report(title: string, figures: readonly Figure[]): void {
  if (process.send === undefined) printTable(title, figures)
  else process.send({ title, figures } satisfies Report)
}
