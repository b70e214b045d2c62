/** MKVToolNix, whose reader of Matroska is not ours nor FFmpeg's: found, installed by the system's package manager, or named as missing. */
import { execFile, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const INSTALL_LIMIT_MS = 5 * 60_000;
const NAME = 'mkvmerge';

const isThere = (): boolean => spawnSync(NAME, ['--version'], { stdio: 'ignore' }).status === 0;

/** Debian and Ubuntu, as root. */
const install = (): void => {
  if (process.getuid?.() !== 0) return;
  console.log('MKVToolNix is not here: installing it with apt-get, for the tests that read files with it.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'mkvtoolnix']]) {
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_LIMIT_MS });
  }
};

const provide = (): boolean => {
  if (!isThere()) install();
  return isThere();
};

/** For `test(name, { skip }, …)`: false where there is an MKVToolNix. */
export const skip: string | false = provide() ? false : 'no MKVToolNix: install mkvtoolnix';

if (skip) console.log(skip);

export type IdentifiedTrack = {
  type: 'video' | 'audio';
  codecId: string;
  /** As the header tells it: `640x360`. */
  pixelDimensions: string | undefined;
  channels: number | undefined;
  samplesPerSecond: number | undefined;
};

type Identified = {
  warnings: string[];
  errors: string[];
  container: { recognized: boolean; supported: boolean; properties: { duration?: number } };
  tracks: {
    type: IdentifiedTrack['type'];
    properties: {
      codec_id: string;
      pixel_dimensions?: string;
      audio_channels?: number;
      audio_sampling_frequency?: number;
    };
  }[];
};

const run = async (...args: string[]): Promise<string> => (await promisify(execFile)(NAME, args)).stdout;

/** Ends with 1 where it warns: of a block that is damaged, in disorder or of no track. */
const readWhole = async (path: string): Promise<void> => {
  const copy = `${path}.copy`;
  try {
    await run('-o', copy, path);
  } finally {
    await rm(copy, { force: true });
  }
};

/** What it says of a file's header. Throws where it warns of anything, there or while it reads every block. */
export const identify = async (path: string): Promise<{ tracks: IdentifiedTrack[]; durationMs: number }> => {
  const { warnings, errors, container, tracks } = JSON.parse(await run('--identify', '-F', 'json', path)) as Identified;
  const complaints = [...warnings, ...errors];
  if (!container.recognized || !container.supported || complaints.length > 0) {
    throw new Error(`mkvmerge does not take ${path}: ${complaints.join(' ')}`);
  }
  await readWhole(path);
  return {
    durationMs: (container.properties.duration ?? 0) / 1e6,
    tracks: tracks.map(({ type, properties }) => ({
      type,
      codecId: properties.codec_id,
      pixelDimensions: properties.pixel_dimensions,
      channels: properties.audio_channels,
      samplesPerSecond: properties.audio_sampling_frequency,
    })),
  };
};
