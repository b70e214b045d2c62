/**
 * Captures the packets of other makers' senders into tests/fixtures/senders: `node tests/senders/capture.ts [NAME…]`, with the packages of
 * firefox.ts and gstreamer.ts installed. `gstreamer-wrong-reports` was captured with a gstreamer-whip.py that did not handle `latency` messages.
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { muxFixture } from '@callreel/synthetic/inspect/muxed-fixture.ts';
import { ALICE, mediaOf } from '../support/recorded-call.ts';
import { encodeCapture } from './captured.ts';
import { CapturingEndpoint } from './capturing-endpoint.ts';
import { publishByFfmpeg } from './ffmpeg.ts';
import { openFirefox } from './firefox.ts';
import { publishSmallByFirefox } from './firefox-publishing.ts';
import { H264, H264_WITH_B_FRAMES, publishByGstreamer } from './gstreamer.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/senders/', import.meta.url));
const DURATION_MS = 5000;

type Sender = { version: () => string; codec: VideoCodecName; publish: (whipUrl: string) => Promise<void> };

const firstLine = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0] ?? '';

const byFirefox = async (whipUrl: string): Promise<void> => {
  const firefox = await openFirefox();
  try {
    await firefox.goto(whipUrl);
    await publishSmallByFirefox(firefox, whipUrl, DURATION_MS);
  } finally {
    await firefox.close();
  }
};

const byGstreamer = (encoder: string) => async (whipUrl: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-capture-'));
  try {
    const path = join(folder, 'alice.webm');
    const media = await mediaOf(ALICE, { durationMs: DURATION_MS, videoCodec: 'VP8', width: 320, height: 180 });
    muxFixture(path, 'webm', media);
    await publishByGstreamer(path, { whipUrl, token: 'none' }, encoder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const gstreamer = (): string =>
  firstLine('gst-inspect-1.0', '--version').replace('gst-inspect-1.0 version', 'GStreamer');

const SENDERS: Readonly<Record<string, Sender>> = {
  firefox: { version: () => firstLine('firefox-esr', '--version'), codec: 'VP8', publish: byFirefox },
  gstreamer: { version: gstreamer, codec: 'H264', publish: byGstreamer(H264) },
  'gstreamer-b-pictures': { version: gstreamer, codec: 'H264', publish: byGstreamer(H264_WITH_B_FRAMES) },
  ffmpeg: {
    version: () => 'FFmpeg 8.1 (libavformat)',
    codec: 'H264',
    publish: (whipUrl) => publishByFfmpeg({ whipUrl, token: 'none' }, DURATION_MS),
  },
};

for (const [name, { version, codec, publish }] of Object.entries(SENDERS)) {
  if (process.argv.length > 2 && !process.argv.includes(name)) continue;
  const endpoint = await CapturingEndpoint.open([codec]);
  try {
    await publish(endpoint.url);
    const capturedOn = new Date().toISOString().slice(0, 10);
    const file = encodeCapture({ sender: version(), capturedOn, ...endpoint.captured });
    await writeFile(join(FOLDER, `${name}.packets`), file);
    console.log(`${name}: ${endpoint.captured.datagrams.length} datagrams, ${file.length} bytes`);
  } finally {
    endpoint.close();
  }
}
process.exit();
