import { defineAction } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { githubNeed, repositoryName } from './github-need.ts'

const answer = z.object({ id: z.number(), number: z.number(), html_url: z.string() })

/**
 * Opens an issue.
 *
 * @example
 * const { number } = await acme.run(createIssue, { github: id }, { owner: 'acme', repo: 'lamps', title: 'Too dark' })
 */
export const createIssue = defineAction({
  name: 'github.create_issue',
  credentials: { github: githubNeed },
  input: z.strictObject({
    ...repositoryName,
    title: z.string().min(1).max(256),
    /** In GitHub's Markdown. */
    body: z.string().max(65_536).optional(),
    labels: z.array(z.string().min(1)).optional(),
    /** Names of users who may be assigned; GitHub leaves others out without a word. */
    assignees: z.array(z.string().min(1)).max(10).optional(),
  }),
  output: z.object({ id: z.number(), number: z.number(), url: z.string() }),
  async run({ github }, issue, { signal }) {
    const request = { ...issue, request: { signal } }
    const { data } = await github.request('POST /repos/{owner}/{repo}/issues', request as never)
    const { id, number, html_url } = documentedAnswer(service, answer, data)
    return { id, number, url: html_url }
  },
})
