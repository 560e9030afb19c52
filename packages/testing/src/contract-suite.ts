/** What a suite works on: two independent instances on one fresh backend, and how to get rid of them. */
export interface Harness {
  /** Closes the instances and removes the backend. Runs after every case, whether it passed or not. */
  cleanup?(): Promise<void>
}

/** One behaviour that every implementation of a port must have. */
export interface ContractCase<H extends Harness> {
  readonly name: string
  /** Why this harness cannot show the behaviour; undefined where it can. */
  skip?(harness: H): string | undefined
  /** Rejects when the implementation does not behave so. */
  run(harness: H): Promise<void>
}

/** Cases on one aspect of a port. */
export interface ContractGroup<H extends Harness> {
  readonly name: string
  readonly cases: readonly ContractCase<H>[]
}

/** All that a port demands of its implementations, as data: any test runner can execute it. */
export interface ContractSuite<H extends Harness> {
  readonly port: string
  readonly groups: readonly ContractGroup<H>[]
}
