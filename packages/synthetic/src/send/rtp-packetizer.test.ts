import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTextExtension } from '@callreel/media/rtp/header-extension.ts';
import { parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import { RtpPacketizer, type RtpPacketizerOptions } from './rtp-packetizer.ts';

const packetizer = (options: Partial<RtpPacketizerOptions> = {}): RtpPacketizer =>
  new RtpPacketizer({
    ssrc: 0xdeadbeef,
    payloadType: 96,
    clockRate: 90_000,
    mid: { extensionId: 4, value: '1' },
    rtx: { ssrc: 0xcafe, payloadType: 97 },
    firstSequenceNumber: 65_534,
    firstTimestamp: 2 ** 32 - 3600,
    ...options,
  });

const parse = (bytes: Uint8Array | undefined): RtpPacket => {
  const packet = bytes && parseRtp(bytes);
  assert.ok(packet, 'not an RTP packet');
  return packet;
};

const payload = (byte: number): Uint8Array => Uint8Array.of(byte, byte, byte);

test('sequence numbers and timestamps go round', () => {
  const track = packetizer();
  const frames = [0, 40, 80].flatMap((mediaMs) => track.packetize([payload(1), payload(2)], mediaMs, true));
  const packets = frames.map(({ bytes }) => parse(bytes));
  assert.deepEqual(
    packets.map(({ sequenceNumber }) => sequenceNumber),
    [65_534, 65_535, 0, 1, 2, 3],
  );
  assert.deepEqual(
    packets.map(({ timestamp }) => timestamp),
    [2 ** 32 - 3600, 2 ** 32 - 3600, 0, 0, 3600, 3600],
  );
  assert.deepEqual(
    packets.map(({ marker }) => marker),
    [false, true, false, true, false, true],
  );
});

test('a packet bears its track by SSRC, payload type and MID', () => {
  const [first] = packetizer().packetize([payload(7)], 0, false);
  const packet = parse(first?.bytes);
  assert.equal(packet.ssrc, 0xdeadbeef);
  assert.equal(packet.payloadType, 96);
  assert.equal(packet.marker, false);
  assert.equal(readTextExtension(packet, 4), '1');
  assert.deepEqual([...packet.payload], [7, 7, 7]);
});

test('a packet that is asked for again comes in RTX, over the end of the numbers', () => {
  const track = packetizer();
  const sent = track.packetize([payload(1), payload(2), payload(3)], 40, true);
  for (const [index, { sequenceNumber, bytes }] of sent.entries()) {
    const again = parse(track.resend(sequenceNumber));
    assert.equal(again.ssrc, 0xcafe);
    assert.equal(again.payloadType, 97);
    assert.equal(again.sequenceNumber, index);
    assert.deepEqual(restoreFromRtx(again, 0xdeadbeef, 96), parse(bytes));
  }
});

test('without RTX it comes as it was', () => {
  const track = packetizer({ rtx: undefined });
  const [sent] = track.packetize([payload(1)], 0, true);
  assert.deepEqual(track.resend(65_534), sent?.bytes);
});

test('a packet that was never sent, or long ago, is not resent', () => {
  const track = packetizer();
  track.packetize([payload(1)], 0, true);
  assert.equal(track.resend(5), undefined);
  track.packetize(Array(2000).fill(payload(2)), 40, true);
  assert.equal(track.resend(65_534), undefined);
  assert.ok(track.resend(1500));
});

test('counts are those of a sender report: packets, and octets of payload', () => {
  const track = packetizer();
  track.packetize([payload(1), payload(2)], 0, true);
  assert.deepEqual(track.counts, { packetCount: 2, octetCount: 6 });
});
