/** The threads of libdatachannel, made before the first connection and told how to share the processor. */
import { preload } from 'node-datachannel';
import { batchThreads } from '../../base/thread-policy.ts';

/** They decrypt what the thread that reads the socket hands them. */
const DECRYPTING = 'RTC worker';

/**
 * A decrypting thread that cuts in on the reading one for every packet has both switch twice a packet. Where it waits until the reader
 * has emptied the socket, receiving and recording take 2.56 instead of 3.24 CPU-s per 100k packets. The reader itself keeps
 * its right to cut in: were it held up, the socket's buffer would overflow.
 */
export const startLibraryThreads = async (): Promise<void> => {
  preload();
  await batchThreads(DECRYPTING);
};
