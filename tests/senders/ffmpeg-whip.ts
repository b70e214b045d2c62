/**
 * Publishes by WHIP with libavformat's own muxer: H264 and Opus at their times. Run as a child, since its calls block:
 * `node ffmpeg-whip.ts URL TOKEN DURATION_MS`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { publishMuxed } from '@callreel/synthetic/inspect/muxed-fixture.ts';
import { ALICE, mediaOf } from '../support/recorded-call.ts';

const [url = '', token = '', durationMs = '0'] = process.argv.slice(2);
const plan = { durationMs: Number(durationMs), videoCodec: 'H264', width: 320, height: 180 } as const;
await publishMuxed(url, token, await mediaOf(ALICE, plan), delay);
