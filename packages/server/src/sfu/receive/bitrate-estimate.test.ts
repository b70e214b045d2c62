import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { BitrateEstimate, type ReceivedInterval } from './bitrate-estimate.ts';

const PAYLOAD_TYPE = 96;
const PACKET_BYTES = 1000;

/** Megabytes a minute, as bits a second. */
const perMinute = (megabytes: number): number => (megabytes * 8e6) / 60;
const second = (share: Partial<ReceivedInterval>): ReceivedInterval => ({
  bitsPerSecond: 1_000_000,
  expected: 200,
  lost: 0,
  ...share,
});

const make = (startBitsPerSecond = 5_000_000) =>
  new BitrateEstimate({ kind: 'timestamps', payloadType: PAYLOAD_TYPE }, startBitsPerSecond);

/** A second each. */
const run = (estimate: BitrateEstimate, seconds: number, interval: ReceivedInterval, fromMs = 0): void => {
  for (let index = 1; index <= seconds; index += 1) estimate.update(interval, fromMs + index * 1000);
};

const assertUnder = (estimate: BitrateEstimate, megabytesPerMinute: number): void => {
  assert.ok(estimate.bitsPerSecond <= perMinute(megabytesPerMinute));
  assert.ok(estimate.bitsPerSecond > 0.9 * perMinute(megabytesPerMinute));
};

const packetAt = (sentMs: number): RtpPacket => ({
  payloadType: PAYLOAD_TYPE,
  marker: true,
  sequenceNumber: 0,
  timestamp: Math.round(sentMs * 90) >>> 0,
  ssrc: 1,
  payload: new Uint8Array(),
  extension: undefined,
});

/** A sender that sends what it is allowed, but no more than it has, through a link with a queue. */
class Link {
  nowMs = 0;
  queueMs = 0;
  lost = 0;
  readonly estimate: BitrateEstimate;

  constructor(estimate: BitrateEstimate) {
    this.estimate = estimate;
  }

  /** The worst queue that it made. */
  run(seconds: number, linkBitsPerSecond: number, has = Number.POSITIVE_INFINITY): number {
    let worstMs = 0;
    for (const endMs = this.nowMs + seconds * 1000; this.nowMs < endMs; ) {
      const sends = Math.min(this.estimate.bitsPerSecond, has);
      const stepMs = (8000 * PACKET_BYTES) / sends;
      this.nowMs += stepMs;
      this.queueMs = Math.max(0, this.queueMs - stepMs) + (8000 * PACKET_BYTES) / linkBitsPerSecond;
      worstMs = Math.max(worstMs, this.queueMs);
      this.estimate.handlePacket(packetAt(this.nowMs), PACKET_BYTES, this.nowMs + this.queueMs);
    }
    return worstMs;
  }
}

test('it begins low and is at the cap of 720p within two seconds, whatever the first picture', () => {
  const estimate = make(800_000);
  estimate.handlePictureSize(320, 180, 0);
  assert.equal(estimate.bitsPerSecond, 800_000);
  new Link(estimate).run(2.2, 100_000_000);
  assertUnder(estimate, 18.5);
});

test('a thin link: the queue stays short, and most of it is used', () => {
  const link = new Link(make(800_000));
  link.run(10, 300_000);
  assert.ok(link.run(60, 300_000) < 350, 'the queue');
  assert.ok(link.estimate.bitsPerSecond > 150_000 && link.estimate.bitsPerSecond < 450_000);
});

test('a link that opens again is used within ten seconds', () => {
  const link = new Link(make(800_000));
  link.run(30, 300_000);
  link.run(10, 100_000_000);
  assertUnder(link.estimate, 18.5);
});

test('who sends little may soon send more, also after a queue', () => {
  const link = new Link(make(800_000));
  link.run(20, 300_000, 200_000);
  link.run(20, 100_000_000, 200_000);
  assertUnder(link.estimate, 18.5);
});

test('a larger picture has its own cap at once, standing or lying', () => {
  for (const [width, height] of [
    [1920, 1080],
    [1080, 1920],
    [2560, 1440],
  ] as const) {
    const estimate = make();
    estimate.handlePictureSize(width, height, 0);
    assertUnder(estimate, 37.5);
  }
});

test("a picture that stays small for 10 s by the sender's own choice has a smaller cap", () => {
  const estimate = make();
  estimate.handlePictureSize(640, 360, 0);
  run(estimate, 9, second({}));
  assertUnder(estimate, 18.5);
  run(estimate, 2, second({}), 9000);
  assertUnder(estimate, 7.5);
  estimate.handlePictureSize(1280, 720, 12_000);
  assertUnder(estimate, 18.5);
});

test('a picture that our own allowance keeps small does not lower it', () => {
  const estimate = make();
  estimate.handlePictureSize(640, 360, 0);
  run(estimate, 30, second({ bitsPerSecond: 2_300_000 }));
  assertUnder(estimate, 18.5);
});

test('more than a tenth lost lowers it, to what came through and less', () => {
  const estimate = make();
  run(estimate, 1, second({ lost: 40 }));
  assert.ok(estimate.bitsPerSecond < 1_200_000);
  assert.ok(estimate.bitsPerSecond > 900_000);
});

test('a few in a hundred lost holds it', () => {
  const estimate = make();
  run(estimate, 1, second({ lost: 40 }));
  const low = estimate.bitsPerSecond;
  const link = new Link(estimate);
  run(estimate, 3, second({ lost: 10 }), 1000);
  link.run(5, 100_000_000);
  assert.equal(estimate.bitsPerSecond, low);
  run(estimate, 5, second({}), 6000);
  link.run(5, 100_000_000);
  assertUnder(estimate, 18.5);
});

test('a burst among few packets is not taken for a tenth', () => {
  const estimate = make();
  run(estimate, 1, second({ expected: 50, lost: 7 }));
  run(estimate, 4, second({ expected: 50, lost: 1 }), 1000);
  assertUnder(estimate, 18.5);
});

test('it never falls so low that sound would not fit', () => {
  const estimate = make();
  run(estimate, 100, second({ bitsPerSecond: 1000, lost: 199 }));
  assert.equal(estimate.bitsPerSecond, 80_000);
});
