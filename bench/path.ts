/**
 * What of the packets lost on a real path (UDP, in both directions) comes again, and whether a smeared picture gets into the file. Options:
 * `--seconds 60 --seeds 3 --loss 5 --round-trip 80`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { holdLossyCall, seenOf } from '../tests/loss/lossy-call.ts';
import { ALICE, mediaOf } from '../tests/support/recorded-call.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';

const FRAME_MS = 40;

export const run = async (options: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      seconds: { type: 'string', default: '60' },
      seeds: { type: 'string', default: '3' },
      loss: { type: 'string', default: '5' },
      'round-trip': { type: 'string', default: '80' },
    },
  });
  const [durationMs, seeds] = [1000 * Number(values.seconds), Number(values.seeds)];
  const path = { lossRate: Number(values.loss) / 100, delayMs: Number(values['round-trip']) / 2 };
  console.log(describeMachine());
  console.log(`${values.loss} % lost each way, ${values['round-trip']} ms round trip, ${values.seconds} s a call.\n`);
  const rows: Record<string, string | number>[] = [];
  for (const videoCodec of ['VP8', 'H264'] as const) {
    const media = await mediaOf(ALICE, { durationMs, videoCodec, textured: true });
    for (let seed = 1; seed <= seeds; seed += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'callreel-loss-'));
      try {
        const call = await holdLossyCall(media, { ...path, seed }, folder);
        const video = call.sources.find(({ track }) => track === 'video');
        const { shown, smeared } = seenOf(call);
        const packets = call.sent.frames.reduce((sum, frame) => sum + frame.packets, 0);
        const missing = video?.unrecovered ?? 0;
        rows.push({
          codec: videoCodec,
          seed,
          'packets of video': packets,
          lost: video?.lost ?? 0,
          'came again': video?.recovered ?? 0,
          'in vain': missing,
          'recovered or received': `${(100 * (1 - missing / packets)).toFixed(2)} %`,
          'pictures sent': durationMs / FRAME_MS,
          'in the file': shown,
          smeared: smeared.length,
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    }
  }
  console.log(markdownTable(rows));
};
