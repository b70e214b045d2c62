/** What crosses the edge between a parent and its child. */
import type { RemoteError } from './child-error.ts';

export type ToChild<Request> = { kind: 'request'; id: number; request: Request } | { kind: 'close' };

export type ToParent<Reply, Event> =
  | { kind: 'reply'; id: number; reply: Reply }
  | { kind: 'failure'; id: number; remote: RemoteError }
  | { kind: 'event'; event: Event };
