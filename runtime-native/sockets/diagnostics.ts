/**
 * What happens to the sockets of embedded programs, as events of `node:diagnostics_channel`.
 *
 * The channels are `magnolia:socket:KIND`, with the kinds of `SocketEvent` (`connect`, `accept`, `tls`, `close` and so on), and
 * `magnolia:socket:bytes` with `{ id, direction, count }` for each piece. Messages carry addresses, sizes and verdicts, never
 * data or keys. A channel without listeners costs next to nothing.
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import type { SocketEvent, SocketWatch } from '../../builtins/sockets/watch.ts';

const channels = new Map<SocketEvent['kind'], Channel>();
let bytesChannel: Channel | undefined; // made when it is needed: the module of Node is not loaded before

/** Publishes everything. */
export const published: SocketWatch = {
  tell(event) {
    let one = channels.get(event.kind);
    if (one === undefined) {
      one = channel(`magnolia:socket:${event.kind}`);
      channels.set(event.kind, one);
    }
    if (one.hasSubscribers) one.publish(event);
  },
  bytes(id, direction, count) {
    bytesChannel ??= channel('magnolia:socket:bytes');
    if (bytesChannel.hasSubscribers) bytesChannel.publish({ id, direction, count });
  },
};
