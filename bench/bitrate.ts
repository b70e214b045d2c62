/**
 * How a browser's bit rate finds its place, with either way of congestion control: real Chromium publishes its fake camera (1280x720)
 * through a real UDP relay with a rate, a queue of 400 ms and 20 ms of delay each way.
 * Options: `--open 25 --thin 40 --after 30 --keys 30` (seconds) `--modes TWCC,REMB --codecs VP8,H264 --pages ours,other --cases open,thin,keys`.
 */
import { parseArgs } from 'node:util';
import { type CodecName, type Mode, PublishingBrowser } from '../tests/support/publishing-browser.ts';
import { keyFrames, openLink, type ThinResult, thinLink } from './bitrate/cases.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';

type Settings = {
  open: number;
  thin: number;
  after: number;
  modes: Mode[];
  codecs: CodecName[];
  pages: boolean[];
  keys: number;
  cases: string[];
};

const readSettings = (options: readonly string[]): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      open: { type: 'string', default: '25' },
      thin: { type: 'string', default: '40' },
      after: { type: 'string', default: '30' },
      modes: { type: 'string', default: 'TWCC,REMB' },
      codecs: { type: 'string', default: 'VP8,H264' },
      pages: { type: 'string', default: 'ours,other' },
      keys: { type: 'string', default: '30' },
      cases: { type: 'string', default: 'open,thin,keys' },
    },
  });
  const modes = values.modes.split(',').filter((mode): mode is Mode => mode === 'TWCC' || mode === 'REMB');
  const codecs = values.codecs.split(',').filter((codec): codec is CodecName => codec === 'VP8' || codec === 'H264');
  const pages = values.pages.split(',').map((page) => page === 'ours');
  return {
    open: Number(values.open),
    thin: Number(values.thin),
    after: Number(values.after),
    modes,
    codecs,
    pages,
    keys: Number(values.keys),
    cases: values.cases.split(','),
  };
};

const secondsOf = (seconds: number | undefined, limit: number): string =>
  seconds === undefined ? `over ${limit}` : seconds.toFixed(1);
const percentOf = (share: number): string => `${(100 * share).toFixed(1)} %`;
const kilobitsOf = (bitsPerSecond: number): string => (bitsPerSecond / 1000).toFixed(0);

type Variant = { codec: CodecName; mode: Mode; ours: boolean };

const pageOf = (ours: boolean): string => (ours ? 'our client' : 'any other');

/** The modes stand beside each other, so that what else the machine does is alike for both. */
const variantsOf = ({ modes, codecs, pages }: Settings): Variant[] =>
  pages.flatMap((ours) => codecs.flatMap((codec) => modes.map((mode) => ({ codec, mode, ours }))));

const measureOpen = async (browser: PublishingBrowser, settings: Settings): Promise<void> => {
  const rows = [];
  for (const variant of variantsOf(settings)) {
    const { mode, codec, ours } = variant;
    const seconds = secondsOf(await openLink(browser, variant, settings.open), settings.open);
    rows.push({ mode, codec, page: pageOf(ours), 'seconds to 720p': seconds });
  }
  console.log(`\nAn open link; the cap of 720p is 2343 kbit/s.\n\n${markdownTable(rows)}`);
};

const measureKeyFrames = async (browser: PublishingBrowser, { codecs, keys }: Settings): Promise<void> => {
  const rows = [];
  for (const codec of codecs) {
    for (const kind of ['camera', 'busy'] as const) {
      const cost = await keyFrames(browser, { codec, source: { kind, width: 1280, height: 720 } }, keys);
      rows.push({
        codec,
        picture: kind,
        'kbit/s': kilobitsOf(cost.bitsPerSecond),
        'key frames': `${cost.keyFrames} in ${cost.seconds.toFixed(0)} s`,
        'their cost, kbit/s': kilobitsOf(cost.keyFrameBitsPerSecond),
        share: percentOf(cost.keyFrameBitsPerSecond / cost.bitsPerSecond),
      });
    }
  }
  console.log(`\nWhat key frames have beyond a usual picture each, one every 10 s.\n\n${markdownTable(rows)}`);
};

const thinRow = ({ mode, codec, ours }: Variant, result: ThinResult, after: number) => ({
  mode,
  codec,
  page: pageOf(ours),
  'at 300 kbit/s': `${result.picture}, ${result.framesPerSecond} fps`,
  'kbit/s': result.kilobitsPerSecond.toFixed(0),
  'lost in all': percentOf(result.lostShare),
  'after 5 s': percentOf(result.settledLostShare),
  'opened: s to 900 kbit/s': secondsOf(result.secondsToBits, after),
  's to 720p': secondsOf(result.secondsToFull, after),
});

const measureThin = async (browser: PublishingBrowser, settings: Settings): Promise<void> => {
  const rows = [];
  for (const variant of variantsOf(settings)) {
    rows.push(thinRow(variant, await thinLink(browser, variant, settings), settings.after));
  }
  console.log(`\n300 kbit/s from the start for ${settings.thin} s, then an open link.\n\n${markdownTable(rows)}`);
};

export const run = async (options: readonly string[]): Promise<void> => {
  const settings = readSettings(options);
  console.log(describeMachine());
  const browser = await PublishingBrowser.open();
  try {
    if (settings.cases.includes('open')) await measureOpen(browser, settings);
    if (settings.cases.includes('thin')) await measureThin(browser, settings);
    if (settings.cases.includes('keys')) await measureKeyFrames(browser, settings);
  } finally {
    await browser.close();
  }
};
