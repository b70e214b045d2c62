/**
 * For tests: the process that is killed. Records until then, and tells after each tick up to which media time packets came. It waits where
 * nobody listens for long: on a busy machine it would be through with all before it is killed.
 */
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PublicationRecorder } from './publication-recorder.ts';
import { smallMedia } from './small-media-fixture.ts';
import { deliveriesOf, specOf, VirtualTime } from './virtual-publisher-fixture.ts';

const START_MS = 1000;
const TICK_MS = 50;
const DURATION_MS = 60_000;
/** So many ticks that it told of may be unheard. */
const MOST_UNHEARD = 20;

const spoolDir = process.argv[2];
if (spoolDir === undefined) throw new TypeError('the spool must be named');

const spec = specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } });
const time = new VirtualTime(START_MS);
const recorder = new PublicationRecorder({
  spec,
  spoolDir,
  nowMs: time.nowMs,
  requestKeyFrame: () => {},
  onError: (error) => {
    throw error;
  },
});
const deliveries = deliveriesOf(smallMedia(DURATION_MS), { startMs: START_MS });
let unheard = 0;
createInterface({ input: process.stdin }).on('line', () => {
  unheard -= 1;
});
const diskIsIdle = async (): Promise<void> => {
  while (recorder.waitingBytes > 0) await nextTurn();
};
for (let untilMs = START_MS; untilMs < START_MS + DURATION_MS; untilMs += TICK_MS) {
  const now = deliveries.filter(({ atMs }) => atMs > untilMs - TICK_MS && atMs <= untilMs);
  await time.play(recorder, now, untilMs);
  // Virtual time waits for the disk, which is faster than real time would be.
  await diskIsIdle();
  process.stdout.write(`${untilMs - START_MS}\n`);
  unheard += 1;
  while (unheard > MOST_UNHEARD) await nextTurn();
}
process.stdout.write('done\n');
