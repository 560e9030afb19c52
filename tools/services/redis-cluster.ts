import { setTimeout as sleep } from 'node:timers/promises'
import { loopbackPort } from './loopback-port.ts'
import { RedisServer } from './redis-server.ts'

const slots = 16_384
const formTimeoutMs = 20_000

/** A real Redis Cluster of three masters without replicas, on free loopback ports. */
export class RedisCluster implements AsyncDisposable {
  readonly nodes: readonly RedisServer[]

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url)
  }

  /** @throws ServiceUnavailable where Redis is not and cannot be installed */
  static async start(masters = 3): Promise<RedisCluster> {
    const nodes = await Promise.all(Array.from({ length: masters }, startNode))
    const cluster = new RedisCluster(nodes)
    await cluster.#form()
    return cluster
  }

  async #form(): Promise<void> {
    const [first] = this.nodes as [RedisServer]
    await Promise.all(
      this.nodes.map((node, index) => {
        const from = Math.ceil((index * slots) / this.nodes.length)
        const to = Math.ceil(((index + 1) * slots) / this.nodes.length) - 1
        return node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
      }),
    )
    for (const [index, node] of this.nodes.entries()) {
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    }
    for (const node of this.nodes.slice(1))
      await first.command('CLUSTER', 'MEET', ...(await busAddress(node)))
    await this.#agreed()
  }

  // A node is ready when it sees all the others and all slots.
  async #agreed(): Promise<void> {
    const deadline = Date.now() + formTimeoutMs
    while (Date.now() < deadline) {
      const states = await Promise.all(this.nodes.map(node => node.command('CLUSTER', 'INFO')))
      const known = `cluster_known_nodes:${this.nodes.length}`
      if (states.every(state => state.includes('cluster_state:ok') && state.includes(known))) return
      await sleep(50)
    }
    throw new Error(`The Redis cluster did not form within ${formTimeoutMs} ms`)
  }

  /** Stops it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(node => node[Symbol.asyncDispose]()))
  }
}

async function startNode(): Promise<RedisServer> {
  const busPort = String(await loopbackPort())
  return await RedisServer.start({
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-config-file', 'nodes.conf'],
      ...['--cluster-node-timeout', '2000'],
    ],
  })
}

async function busAddress(node: RedisServer): Promise<string[]> {
  const busPort = (await node.command('CONFIG', 'GET', 'cluster-port')).trim().split('\n').at(-1) as string
  return [node.host, String(node.port), busPort]
}
