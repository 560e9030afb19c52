/** Something did not go as promised. Its message is one sentence for the reader. */
export class UnexpectedResult extends Error {
  override readonly name = 'UnexpectedResult'
}

/** @throws UnexpectedResult with `otherwise` when `condition` does not hold */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new UnexpectedResult(otherwise)
}
