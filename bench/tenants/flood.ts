/** A process of its own: calls as fast as it is answered, over many connections, while it is told to. */
import { Caller, type CallOptions } from '../web/caller.ts';

export type FloodOrder = { baseUrl: string; path: string; options: CallOptions; connections: number };
/** How many answers of each status. */
export type FloodTold = Record<number, number>;

const wait = <Message>(): Promise<Message> => new Promise((resolve) => process.once('message', resolve));

const flood = async ({ baseUrl, path, options, connections }: FloodOrder): Promise<FloodTold> => {
  const caller = new Caller(baseUrl, connections);
  const told: FloodTold = {};
  let stopped = false;
  const ask = async (): Promise<void> => {
    while (!stopped) {
      const { status } = await caller.call(path, options).catch(() => ({ status: 0 }));
      if (!stopped) told[status] = (told[status] ?? 0) + 1;
    }
  };
  const asking = Array.from({ length: connections }, ask);
  await wait();
  stopped = true;
  caller.close();
  await Promise.all(asking);
  return told;
};

for (;;) process.send?.(await flood(await wait<FloodOrder>()));
