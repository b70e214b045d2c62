import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaProcessStats } from '../sfu/protocol.ts';
import { ReceivedTotals } from './figures.ts';

type Counts = { packets: number; lost: number };

/** A process that receives one video in each of these publications. */
const receiving = (publications: Record<string, Counts>): MediaProcessStats =>
  ({
    rtcPort: 1,
    cpuMs: 1,
    residentBytes: 1,
    publications: Object.entries(publications).map(([publicationId, { packets, lost }]) => ({
      publicationId,
      sources: [
        {
          track: 'video',
          ssrc: 7,
          packets,
          payloadBytes: packets * 100,
          senderReports: 0,
          lost,
          recovered: 0,
          unrecovered: 0,
        },
      ],
    })),
  }) as unknown as MediaProcessStats;

const seen = (looks: readonly (MediaProcessStats | undefined)[][]): Counts & { payloadBytes: number } => {
  const totals = new ReceivedTotals();
  let last = totals.take([]);
  for (const look of looks) last = totals.take(look);
  const { packets, lost, payloadBytes } = last.video;
  return { packets, lost, payloadBytes };
};

test('what was added since the last look is added, whichever publications come and go', () => {
  const looks = [
    [receiving({ a: { packets: 10, lost: 1 } })],
    [receiving({ a: { packets: 25, lost: 1 }, b: { packets: 5, lost: 0 } })],
    [receiving({ b: { packets: 6, lost: 2 } })],
  ];
  assert.deepEqual(seen(looks), { packets: 31, lost: 3, payloadBytes: 3100 });
});

test('a publication that is resumed counts anew, a packet that came late makes no total smaller', () => {
  const resumed = [[receiving({ a: { packets: 10, lost: 4 } })], [receiving({ a: { packets: 3, lost: 1 } })]];
  assert.deepEqual(seen(resumed), { packets: 13, lost: 5, payloadBytes: 1300 });
  const late = [[receiving({ a: { packets: 10, lost: 4 } })], [receiving({ a: { packets: 11, lost: 3 } })]];
  assert.deepEqual(seen(late), { packets: 11, lost: 4, payloadBytes: 1100 });
});

test('a process that does not answer for a while takes nothing away, and what it told before is not told again', () => {
  const [before, after] = [receiving({ a: { packets: 10, lost: 0 } }), receiving({ a: { packets: 12, lost: 0 } })];
  assert.equal(seen([[before], [undefined]]).packets, 10);
  assert.equal(seen([[before], [undefined], [after]]).packets, 12);
});
