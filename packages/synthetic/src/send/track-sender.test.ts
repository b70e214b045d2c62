import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { parseCanonicalNames } from '@callreel/media/rtcp/source-description.ts';
import { toWallMs } from './clock.ts';
import { TrackSender } from './track-sender.ts';

const audio = { kind: 'audio', mid: '0', codec: 'opus', payloadType: 111, ssrc: 77, rtx: undefined } as const;

test('a report ties the wall clock to the track clock exactly, across the wrap', () => {
  const track = new TrackSender(audio, 4, { sequenceNumber: 0, timestamp: 2 ** 32 - 48_000 }, 'caller');
  track.packetize([Uint8Array.of(1, 2)], 0);
  const [report, description] = [...rtcpPackets(track.report(61_500, 60_000))];
  assert.ok(report && description);
  const parsed = parseSenderReport(report);
  assert.equal(parsed?.rtpTimestamp, 24_000);
  assert.ok(Math.abs((parsed?.ntpMs ?? 0) - toWallMs(61_500)) < 0.001);
  assert.equal(parsed?.packetCount, 1);
  assert.deepEqual(parseCanonicalNames(description), [{ ssrc: 77, cname: 'caller' }]);
});

test('the first report is due at once, the next ones each second', () => {
  const track = new TrackSender(audio, undefined, { sequenceNumber: 0, timestamp: 0 }, 'caller');
  assert.equal(track.hasSent, false);
  track.packetize([Uint8Array.of(1)], 0);
  assert.equal(track.hasSent, true);
  const due = [0, 20, 999, 1000, 1500, 2000].filter((nowMs) => track.reportIfDue(nowMs, 0) !== undefined);
  assert.deepEqual(due, [0, 1000, 2000]);
});
