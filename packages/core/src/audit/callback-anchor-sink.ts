import type { Anchor, AnchorSink } from './anchor-sink.ts'

/**
 * Hands each anchor to a function: a log shipper, another system. Give `latest` where anchors can be read back;
 * without it truncation can only be noticed by comparing by hand.
 *
 * @example
 * callbackAnchorSink(async anchor => logger.info(anchor))
 */
export function callbackAnchorSink(
  append: (anchor: Anchor) => void | Promise<void>,
  latest: () => Anchor | undefined | Promise<Anchor | undefined> = () => undefined,
): AnchorSink {
  return {
    append: async anchor => append(anchor),
    latest: async () => latest(),
  }
}
