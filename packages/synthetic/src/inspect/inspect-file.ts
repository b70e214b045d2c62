import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallerFacts, FileFacts, WantedCaller } from './file-facts.ts';
import { readStructure } from './file-structure.ts';
import { MediaFile } from './media-file.ts';
import { pairEvents } from './pair-events.ts';
import { SoundListener } from './sound-listener.ts';
import { VideoWatcher } from './video-watcher.ts';

/** Decoding happens in this process: others get their turn after so many pieces. */
const PIECES_A_TURN = 20;

const callerFacts = (
  { name, beepHz }: WantedCaller,
  video: VideoWatcher | undefined,
  audio: SoundListener | undefined,
): CallerFacts => {
  const picture = video?.pictureFacts(name);
  const beepsMs = beepHz === undefined ? [] : (audio?.beepsMs(beepHz) ?? []);
  return { ...(picture && { picture }), beepsMs, sync: pairEvents(picture?.flashesMs ?? [], beepsMs) };
};

const decode = async (
  file: MediaFile,
  callers: readonly WantedCaller[],
): Promise<Pick<FileFacts, 'video' | 'audio' | 'callers'>> => {
  const video = file.video && new VideoWatcher(file.video, callers);
  const audio = file.audio && new SoundListener(file.audio);
  let pieces = 0;
  for (const piece of file.decode()) {
    video?.handle(piece);
    audio?.handle(piece);
    pieces += 1;
    if (pieces % PIECES_A_TURN === 0) await nextTurn();
  }
  return {
    ...(video && { video: video.facts }),
    ...(audio && { audio: audio.facts }),
    callers: Object.fromEntries(callers.map((caller) => [caller.name, callerFacts(caller, video, audio)])),
  };
};

/** Decodes a whole file: what is in it and, of each caller asked for, what is seen and heard when. Throws InspectError. */
export const inspectFile = async (path: string, callers: readonly WantedCaller[] = []): Promise<FileFacts> => {
  const { size: sizeBytes } = await stat(path);
  const structure = await readStructure(path, sizeBytes);
  const file = new MediaFile(path);
  try {
    return { ...structure, sizeBytes, durationMs: file.durationMs, ...(await decode(file, callers)) };
  } finally {
    file.close();
  }
};
