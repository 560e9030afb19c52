import type { RedisConnection } from './redis-connection.ts'
import type { ChannelListener, Subscription } from './subscriber.ts'

/** Listens on all servers, of which a minority may be away: what a majority announces is heard at least once. */
export function subscribeToMajority(servers: readonly RedisConnection[], majority: number): Subscription {
  return {
    async subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
      const outcomes = await Promise.allSettled(
        servers.map(({ subscriber }) => subscriber.subscribe(channel, listener)),
      )
      const stops = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      const unsubscribe = () => {
        for (const stop of stops) stop()
      }
      if (stops.length >= majority) return unsubscribe
      unsubscribe()
      throw outcomes.find(outcome => outcome.status === 'rejected')?.reason
    },
  }
}
