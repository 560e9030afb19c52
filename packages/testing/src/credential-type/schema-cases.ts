import { strict as assert } from 'node:assert'
import { z } from 'zod'
import type { ContractGroup } from '../contract-suite.ts'
import { leakScan } from '../fixtures/leak-scan.ts'
import type { CredentialTypeHarness } from './credential-type-harness.ts'
import { firstState, stateJson, usesService } from './sample-use.ts'

export const schemaCases: ContractGroup<CredentialTypeHarness> = {
  name: 'schemas',
  cases: [
    {
      name: 'the sample input is accepted, and comes back from a decode and an encode as it was',
      async run({ definition, input }) {
        const decoded = z.decode(definition.input, input)
        const encoded = z.encode(definition.input, decoded)
        const again = z.encode(definition.input, z.decode(definition.input, encoded))
        assert.deepEqual(again, encoded)
      },
    },
    {
      name: 'a decoded input shows none of its secrets',
      async run({ definition, input, sentinels }) {
        assert.deepEqual(leakScan(z.decode(definition.input, input), sentinels), [])
      },
    },
    {
      name: 'a state shows none of its secrets',
      skip: usesService,
      async run(harness) {
        assert.deepEqual(leakScan(await firstState(harness), harness.sentinels), [])
      },
    },
    {
      name: 'a state survives encoding to JSON text and back',
      skip: usesService,
      async run(harness) {
        const { definition } = harness
        const text = stateJson(definition, await firstState(harness))
        assert.deepEqual(stateJson(definition, z.decode(definition.state, JSON.parse(text))), text)
        assert.deepEqual(
          z.encode(definition.state, z.decode(definition.state, JSON.parse(text))),
          JSON.parse(text),
        )
      },
    },
    {
      name: 'damaged inputs are refused with a path, and without any value',
      async run({ definition, input, invalidInputs, sentinels }) {
        for (const [what, invalid] of Object.entries({ ...damagedInputs(input), ...invalidInputs })) {
          const result = z.safeDecode(definition.input, invalid)
          assert.ok(!result.success, `an input with ${what} must be refused`)
          assert.ok(result.error.issues.length > 0)
          assert.deepEqual(leakScan(result.error, sentinels), [], `the refusal of ${what} shows a secret`)
        }
        for (const [what, invalid] of Object.entries(invalidInputs ?? {})) {
          const result = z.safeDecode(definition.input, invalid)
          const paths = result.error?.issues.map(issue => issue.path.length) ?? []
          assert.ok(
            paths.some(length => length > 0),
            `the refusal of ${what} must name a field`,
          )
        }
      },
    },
    {
      name: 'every older state version has a step to the next one',
      async run({ definition }) {
        for (let version = 1; version < definition.stateVersion; version++) {
          assert.equal(typeof definition.migrate[version], 'function', `no migration from ${version}`)
        }
      },
    },
  ],
}

/** What no object schema may take. */
function damagedInputs(input: unknown): Readonly<Record<string, unknown>> {
  return { nothing: undefined, null: null, 'a bare text': JSON.stringify(input) }
}
