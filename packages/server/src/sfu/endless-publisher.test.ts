/** A screen that is shared for half a day, one picture a second: every counter wraps, and nothing grows but the file. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { IndexReader } from '@callreel/media/matroska/index-reader.ts';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { RtpPacketizer } from '@callreel/synthetic/send/rtp-packetizer.ts';
import { PublicationRecorder } from '../recorder/publication-recorder.ts';
import { localPort, SpoolDisk, type SpoolFile, type SpoolPort } from '../recorder/spool-disk.ts';
import { specOf } from '../recorder/virtual-publisher-fixture.ts';
import { Receiver } from './receive/receiver.ts';

/** The RTP clock wraps after a second and again after 13.3 h. */
const HOURS = 14;
const PICTURES = HOURS * 3600;
const SSRC = 2806965345;
const START_MS = 1000;
const TICK_MS = 500;
const SENDER_EPOCH_MS = 1_700_000_000_000;
const PICTURE = Uint8Array.of(0x10, 0x11, 0x02, 0x00, 0, 0, 0, 0);
const KEY_FRAME = Uint8Array.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 0, 0, 0, 0);

/** Files in memory: half a day's writes to a real one would be most of the test. */
class MemoryDisk implements SpoolPort {
  readonly files = new Map<string, Buffer>();

  readonly makeFolder = localPort.makeFolder;

  async create(path: string): Promise<SpoolFile> {
    let bytes = Buffer.alloc(2 ** 22);
    return {
      write: async (written, position) => {
        const end = position + written.length;
        if (end > bytes.length) bytes = Buffer.concat([bytes], 2 * end);
        bytes.set(written, position);
        this.files.set(path, bytes.subarray(0, Math.max(end, this.files.get(path)?.length ?? 0)));
      },
      sync: async () => {},
      close: async () => {},
    };
  }
}

test('fourteen hours at one picture a second', async () => {
  const spoolDir = await mkdtemp(join(tmpdir(), 'endless-'));
  after(() => rm(spoolDir, { recursive: true }));
  const port = new MemoryDisk();
  const spec = specOf({ video: { codec: 'VP8' } }, START_MS);
  const packetizer = new RtpPacketizer({
    ...{ ssrc: SSRC, payloadType: 96, clockRate: 90_000, mid: undefined, rtx: undefined },
    ...{ firstSequenceNumber: 65_530, firstTimestamp: 2 ** 32 - 90_000 },
  });
  let nowMs = START_MS;
  let [keyFrameWanted, requests, nacks] = [true, 0, 0];
  const recorder: PublicationRecorder = new PublicationRecorder({
    ...{ spec, spoolDir, nowMs: () => nowMs, disk: new SpoolDisk({ port }) },
    requestKeyFrame: () => receiver.requestKeyFrame(nowMs),
    onError: (error) => assert.fail(error),
  });
  const receiver = new Receiver({
    choice: chooseMedia(parseOffer(CHROMIUM_OFFER), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }),
    ssrc: 99,
    send: (bytes) => {
      for (const packet of rtcpPackets(bytes)) {
        if (parseNack(packet)) nacks += 1;
        if (parseKeyFrameRequest(packet)) [keyFrameWanted, requests] = [true, requests + 1];
      }
    },
    sink: {
      handlePacket: (track, packet, atMs) => recorder.handlePacket(track, packet, atMs),
      handleSenderReport: (track, report, atMs) => recorder.handleSenderReport(track, report, atMs),
      handleLayer: () => assert.fail('no simulcast'),
      handleSourceChange: () => assert.fail('one source'),
    },
    nowMs,
  });
  for (let picture = 0; picture < PICTURES; picture += 1) {
    const mediaMs = picture * 1000;
    const report = { ssrc: SSRC, ntpMs: SENDER_EPOCH_MS + mediaMs, rtpTimestamp: packetizer.timestampAt(mediaMs) };
    for (const { bytes } of packetizer.packetize([keyFrameWanted ? KEY_FRAME : PICTURE], mediaMs, true)) {
      receiver.handlePacket(bytes, nowMs);
    }
    keyFrameWanted = false;
    receiver.handlePacket(buildSenderReport({ ...report, packetCount: picture, octetCount: 0 }), nowMs);
    for (const endMs = nowMs + 1000; nowMs < endMs; nowMs += TICK_MS) {
      receiver.tick(nowMs);
      recorder.tick(nowMs);
    }
    // What the recorder writes, it writes between two turns.
    while (recorder.waitingBytes > 100_000) await nextTurn();
  }
  await recorder.close('unpublished');
  const lines = new IndexReader().push(port.files.get(join(spoolDir, spec.recordingKey, 'index')) ?? new Uint8Array());
  const times = lines.flatMap(({ line }) => (line.kind === 'video' ? [line.timeMs] : []));
  assert.equal(times.length, PICTURES);
  assert.ok(times.every((timeMs, index) => Math.abs(timeMs - index * 1000) <= 1));
  assert.equal(nacks, 0);
  assert.ok(requests > PICTURES / 11 && requests < PICTURES / 9, `${requests} key frames asked for`);
});
