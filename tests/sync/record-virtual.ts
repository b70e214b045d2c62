/** A virtual sender's packets through a real recorder into memory, and when each of its frames is in the file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FinishPlanner } from '@callreel/media/matroska/finish.ts';
import { IndexReader } from '@callreel/media/matroska/index-reader.ts';
import { INDEX_FILE, MEDIA_FILE } from '@callreel/server/recorder/live-file.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { localPort, SpoolDisk, type SpoolFile } from '@callreel/server/recorder/spool-disk.ts';
import { type Delivery, specOf, VirtualTime } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { START_MS, stampOf } from './virtual-sender.ts';

/** A frame that was taken at `trueMs` of the sender's life, and when the file plays it. */
export type FiledFrame = { trueMs: number; fileMs: number };

/** How late the sound of a moment is against its picture. */
export type Offset = { trueMs: number; offsetMs: number };

export type VirtualRecording = {
  sound: FiledFrame[];
  pictures: FiledFrame[];
  durationMs: number;
  /** Sound is without a hole, as a browser must have it. */
  soundIsGapless: boolean;
};

class MemoryFile implements SpoolFile {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, position);
    this.#length = Math.max(this.#length, end);
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const SILENCE_BYTES = 4;
/** Times in the file are whole milliseconds. */
const ROUNDING_MS = 1;

const readBack = (media: Uint8Array, index: Uint8Array): VirtualRecording => {
  const planner = new FinishPlanner({ audio: { codec: 'opus', channels: 1 }, video: 'VP8' });
  const recording: VirtualRecording = { sound: [], pictures: [], durationMs: 0, soundIsGapless: true };
  let soundEndMs: number | undefined;
  for (const { line } of new IndexReader().push(index)) {
    planner.push(line);
    if (line.kind !== 'audio' && line.kind !== 'video') continue;
    const frame = media.subarray(line.offset, line.offset + line.length);
    if (line.kind === 'video') recording.pictures.push({ trueMs: stampOf(frame), fileMs: line.timeMs });
    else {
      if (Math.abs(line.timeMs - (soundEndMs ?? line.timeMs)) > ROUNDING_MS) recording.soundIsGapless = false;
      soundEndMs = line.timeMs + line.durationMs;
      // Players take the codec's delay from this time; encoders put their sound as much later into their packets.
      if (frame.length > SILENCE_BYTES) recording.sound.push({ trueMs: stampOf(frame), fileMs: line.timeMs });
    }
  }
  return { ...recording, durationMs: planner.plan()?.durationMs ?? 0 };
};

/** Until `untilMs` of the sender's life. Media and index stay in memory: hours of them take seconds. */
export const recordVirtual = async (deliveries: readonly Delivery[], untilMs: number): Promise<VirtualRecording> => {
  const files = new Map<string, MemoryFile>();
  const create = (path: string): Promise<SpoolFile> => {
    const file = new MemoryFile();
    files.set(basename(path), file);
    return Promise.resolve(file);
  };
  const spoolDir = await mkdtemp(join(tmpdir(), 'callreel-virtual-'));
  try {
    const disk = new SpoolDisk({ port: { ...localPort, create } });
    await playInto(spoolDir, disk, deliveries, START_MS + untilMs);
  } finally {
    await rm(spoolDir, { recursive: true });
  }
  const [media, index] = [files.get(MEDIA_FILE), files.get(INDEX_FILE)];
  if (media === undefined || index === undefined) throw new Error('nothing was recorded');
  return readBack(media.bytes, index.bytes);
};

const playInto = async (spoolDir: string, disk: SpoolDisk, deliveries: readonly Delivery[], untilMs: number) => {
  const time = new VirtualTime(START_MS);
  const recorder = new PublicationRecorder({
    spec: specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } }),
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame: () => {},
    onError: (error) => {
      throw error;
    },
    disk,
  });
  await time.play(recorder, deliveries, untilMs);
  await recorder.close('unpublished');
};

/** How late sound comes that was taken with a picture, at each picture that has such sound: what eyes and ears compare. */
export const offsetsOf = ({ sound, pictures }: VirtualRecording): Offset[] => {
  const offsets: Offset[] = [];
  let next = 0;
  const ordered = sound.toSorted((one, other) => one.trueMs - other.trueMs);
  for (const { trueMs, fileMs } of pictures) {
    while ((ordered[next + 1]?.trueMs ?? Number.POSITIVE_INFINITY) <= trueMs) next += 1;
    const beside = ordered[next];
    // A packet holds the sound of 20 ms.
    if (beside === undefined || trueMs < beside.trueMs || trueMs - beside.trueMs >= 20) continue;
    offsets.push({ trueMs, offsetMs: beside.fileMs + (trueMs - beside.trueMs) - fileMs });
  }
  return offsets;
};
