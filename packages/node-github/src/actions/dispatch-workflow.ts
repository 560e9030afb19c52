import { defineAction } from '@nebula-credential/core'
import { z } from 'zod'
import { githubNeed, repositoryName } from './github-need.ts'

/**
 * Starts a workflow of GitHub Actions that has a `workflow_dispatch` trigger. GitHub does not say which run it becomes.
 *
 * @example
 * await acme.run(dispatchWorkflow, { github: id }, { owner: 'acme', repo: 'lamps', workflow: 'ci.yml', ref: 'main' })
 */
export const dispatchWorkflow = defineAction({
  name: 'github.dispatch_workflow',
  credentials: { github: githubNeed },
  input: z.strictObject({
    ...repositoryName,
    /** Its file name or its id. */
    workflow: z.union([z.string().regex(/^[\w.-]+$/, 'must be a file name or an id'), z.int().positive()]),
    /** The branch or tag to run it on. */
    ref: z.string().min(1),
    /** What the workflow declares as its inputs. */
    inputs: z.record(z.string(), z.string()).optional(),
  }),
  output: z.void(),
  async run({ github }, { workflow, ...input }, { signal }) {
    const request = { ...input, workflow_id: workflow, request: { signal } }
    const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
    await github.request(route, request as never)
  },
})
