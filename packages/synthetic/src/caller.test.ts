import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseSenderReport, type SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import { SyntheticCaller } from './caller.ts';
import { callerLook } from './prepare/caller-look.ts';
import { type PreparedMedia, prepareMedia } from './prepare/prepare-media.ts';
import { CallerError } from './send/caller-error.ts';
import { toWallMs } from './send/clock.ts';
import { TOKEN, WhipReceiver } from './whip-receiver-fixture.ts';

const AUDIO = 111;
const VIDEO = 96;
const RTX = 97;

const LARGEST_FRAME_PACKETS = 20;

/** The first sender report of this track, and how many of its packets came before. */
const firstReport = (receiver: WhipReceiver, ssrc: number): { report: SenderReport; packetsBefore: number } => {
  let packetsBefore = 0;
  for (const each of receiver.received) {
    if (each.kind === 'rtp') packetsBefore += each.packet.ssrc === ssrc ? 1 : 0;
    const reports = each.kind === 'rtcp' ? [...rtcpPackets(each.bytes)].map(parseSenderReport) : [];
    const report = reports.find((one) => one?.ssrc === ssrc);
    if (report) return { report, packetsBefore };
  }
  assert.fail(`no report of ${ssrc}`);
};

describe('a synthetic caller', () => {
  let media: PreparedMedia;
  const receivers: WhipReceiver[] = [];
  const callers: SyntheticCaller[] = [];

  const publish = async (
    options: Partial<Parameters<typeof SyntheticCaller.publish>[0]> = {},
  ): Promise<{ caller: SyntheticCaller; receiver: WhipReceiver }> => {
    const receiver = await WhipReceiver.start();
    receivers.push(receiver);
    const caller = await SyntheticCaller.publish({ whipUrl: receiver.whipUrl, token: TOKEN, media, ...options });
    callers.push(caller);
    return { caller, receiver };
  };

  before(async () => {
    media = await prepareMedia({ durationMs: 800, videoCodec: 'VP8', audio: true, textured: true, ...callerLook(0) });
  });
  after(async () => {
    await Promise.allSettled(callers.map((caller) => caller.stop()));
    await Promise.all(receivers.map((receiver) => receiver.close()));
  });

  test('sends every picture and every packet of sound, and says what it sent', async () => {
    const { caller, receiver } = await publish();
    await caller.waitUntilSent();
    await caller.stop();
    assert.deepEqual(receiver.deleted, ['/whip/1']);
    assert.equal(caller.sent.soundPackets, 40);
    assert.deepEqual(
      caller.sent.frames.map(({ counter }) => counter),
      [...Array(20).keys()],
    );
    assert.ok(caller.sent.senderReports >= 2);
  });

  test('ties both tracks to one clock by a report right after the first packet of each', async () => {
    const { caller, receiver } = await publish({ rtpStart: { sequenceNumber: 65_530, timestamp: 2 ** 32 - 100 } });
    await caller.waitUntilSent();
    for (const [payloadType, rate] of [
      [AUDIO, 48],
      [VIDEO, 90],
    ] as const) {
      const ssrc = receiver.packetsOf(payloadType)[0]?.ssrc ?? 0;
      const { report, packetsBefore } = firstReport(receiver, ssrc);
      assert.ok(packetsBefore >= 1 && packetsBefore <= LARGEST_FRAME_PACKETS, `${packetsBefore} packets before it`);
      const elapsedMs = ((report.rtpTimestamp - (2 ** 32 - 100)) >>> 0) / rate;
      assert.ok(Math.abs(report.ntpMs - toWallMs(caller.sent.startedAtMs) - elapsedMs) < 0.05);
    }
  });

  test('resends in RTX what was held back and is asked for again', async () => {
    const { caller, receiver } = await publish({ lossRate: 0.1, seed: 3 });
    await caller.waitUntilSent();
    await caller.stop();
    const dropped = caller.sent.dropped.filter(({ track }) => track === 'video').map((each) => each.sequenceNumber);
    assert.ok(dropped.length > 0);
    const again = receiver.packetsOf(RTX).map((packet) => restoreFromRtx(packet, 1, VIDEO)?.sequenceNumber);
    const lastNumber = receiver.packetsOf(VIDEO).at(-1)?.sequenceNumber ?? 0;
    // Nothing after a lost last packet tells the receiver of it.
    const noticed = dropped.filter((number) => ((lastNumber - number) & 0xffff) < 0x8000);
    for (const number of noticed) assert.ok(again.includes(number), `packet ${number} did not come again`);
  });

  test('goes on from where it is told, with a key frame', async () => {
    const long = await prepareMedia({ durationMs: 1500, videoCodec: 'H264', audio: true, ...callerLook(1) });
    const { caller } = await publish({ media: long, fromMs: 700, dtlsSetup: 'actpass' });
    await caller.waitUntilSent();
    assert.equal(caller.sent.frames[0]?.counter, 25);
    assert.equal(caller.sent.frames[0]?.keyFrame, true);
    assert.deepEqual(caller.sent.events, [1000]);
  });

  test('vanishes without a word', async () => {
    const { caller, receiver } = await publish({ canVanish: true });
    await caller.waitUntilSent();
    caller.vanish();
    assert.ok(receiver.packetsOf(VIDEO).length > 0);
    assert.ok(!receiver.states.includes('closed') && !receiver.states.includes('disconnected'), `${receiver.states}`);
  });

  test('says so when it is refused', async () => {
    await assert.rejects(
      publish({ token: 'another' }),
      (error) => error instanceof CallerError && error.reason === 'refused' && error.status === 401,
    );
  });
});
