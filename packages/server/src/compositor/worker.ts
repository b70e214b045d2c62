/** The compositor's process: one job, then it is closed. Closing before the job is done cancels it. */
import { serveParent } from '../base/child-port.ts';
import { composite } from './composite.ts';
import type { CompositeJob, CompositorEvent, CompositorReply, CompositorRequest } from './protocol.ts';

const stop = new AbortController();
let running: Promise<unknown> = Promise.resolve();

const { emit } = serveParent<CompositorRequest, CompositorReply, CompositorEvent>({
  handle(request) {
    switch (request.kind) {
      case 'composite':
        return handleComposite(request.job);
    }
  },
  async close() {
    stop.abort();
    await running;
  },
});

const handleComposite = async (job: CompositeJob): Promise<CompositorReply> => {
  const work = composite(job, { signal: stop.signal, onProgress: (percent) => emit({ kind: 'progress', percent }) });
  running = work.catch(() => {});
  return { kind: 'composited', result: await work };
};
