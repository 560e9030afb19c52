/** A deliberately broken implementation, and the case that must turn red on it. */
export interface Mutant<H> {
  readonly name: string
  /** The name of one case that must fail; others may fail too. */
  readonly caughtBy: string
  open(): Promise<H>
}
