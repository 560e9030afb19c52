import { styleText } from 'node:util'

/** Tells the reader what is done and seen, in colour where the terminal shows it and NO_COLOR is not set. */
export class Terminal {
  #steps = 0

  heading(title: string, text: string): void {
    console.log(`\n${styleText('bold', title)}\n${text}`)
  }

  step(title: string): void {
    this.#steps += 1
    console.log(`\n${styleText(['bold', 'cyan'], String(this.#steps))} ${styleText('bold', title)}`)
  }

  did(text: string): void {
    console.log(`  ${styleText('dim', '>')} ${text}`)
  }

  saw(text: string): void {
    console.log(`  ${styleText('green', '✓')} ${text}`)
  }

  /** Facts as aligned lines of name and value. */
  facts(facts: Readonly<Record<string, string>>): void {
    const width = Math.max(...Object.keys(facts).map(name => name.length))
    for (const [name, value] of Object.entries(facts)) {
      console.log(`      ${styleText('dim', name.padEnd(width))}  ${value}`)
    }
  }

  failed(sentence: string): void {
    const where = this.#steps === 0 ? '' : `Step ${this.#steps}: `
    console.error(`\n${styleText('red', '✗', { stream: process.stderr })} ${where}${sentence}`)
  }
}
