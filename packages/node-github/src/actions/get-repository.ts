import { defineAction } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { githubNeed, repositoryName } from './github-need.ts'

const answer = z.object({
  id: z.number(),
  full_name: z.string(),
  private: z.boolean(),
  default_branch: z.string(),
  description: z.string().nullable(),
  html_url: z.string(),
})

/**
 * What GitHub tells of a repository.
 *
 * @example
 * const { defaultBranch } = await acme.run(getRepository, { github: id }, { owner: 'acme', repo: 'lamps' })
 */
export const getRepository = defineAction({
  name: 'github.get_repository',
  credentials: { github: githubNeed },
  input: z.strictObject(repositoryName),
  output: z.object({
    id: z.number(),
    fullName: z.string(),
    isPrivate: z.boolean(),
    defaultBranch: z.string(),
    description: z.string().optional(),
    url: z.string(),
  }),
  async run({ github }, name, { signal }) {
    const { data } = await github.request('GET /repos/{owner}/{repo}', { ...name, request: { signal } })
    const repository = documentedAnswer(service, answer, data)
    return {
      id: repository.id,
      fullName: repository.full_name,
      isPrivate: repository.private,
      defaultBranch: repository.default_branch,
      description: repository.description ?? undefined,
      url: repository.html_url,
    }
  },
})
