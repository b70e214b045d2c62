/** How far apart Chromium shows the flashes and sounds the beeps of a file, in real time. */

import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';

export type PlayedPair = { flashMs: number; offsetMs: number };

/** What the page notes: times in milliseconds of its own clock, and of the file. */
type Played = {
  frames: { mediaMs: number; shownMs: number; flash: boolean }[];
  beepsMs: number[];
  /** What to add to the time of sound samples to have the page's clock. */
  clockOffsetsMs: number[];
};

/** A server of these files at `/0`, `/1` … and an empty page at `/`. */
const serve = async (paths: readonly string[]): Promise<{ url: string; close: () => void }> => {
  const server = createServer(({ url = '/', headers }, answer) => {
    const path = paths[Number(url.slice(1) || 'none')];
    if (path === undefined) {
      answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>files</title>');
      return;
    }
    const { size } = statSync(path);
    const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    answer.writeHead(206, {
      'Content-Range': `bytes ${start}-${size - 1}/${size}`,
      'Accept-Ranges': 'bytes',
      'Content-Length': size - start,
    });
    createReadStream(path, { start }).pipe(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
};

/** A beep is louder than the tone around it by far; it is not heard twice. */
const LISTENER = `registerProcessor('beeps', class extends AudioWorkletProcessor {
  #quietUntil = 0;
  process([[samples]]) {
    for (const [index, sample] of (samples ?? []).entries()) {
      const seconds = (currentFrame + index) / sampleRate;
      if (Math.abs(sample) < 0.1 || seconds < this.#quietUntil) continue;
      this.#quietUntil = seconds + 0.5;
      this.port.postMessage(1000 * seconds);
    }
    return true;
  }
})`;

/** Plays them side by side, from start to end. */
const playAll = (page: Page, urls: readonly string[]): Promise<Played[]> =>
  page.evaluate(
    async ({ urls, listener }) => {
      const context = new AudioContext({ sampleRate: 48_000 });
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([listener], { type: 'text/javascript' })));
      const silent = new GainNode(context, { gain: 0 });
      silent.connect(context.destination);
      await context.resume();
      const luma = (video: HTMLVideoElement, canvas: OffscreenCanvasRenderingContext2D): number => {
        // The middle of where flashes are: picture-layout.ts.
        canvas.drawImage(video, video.videoWidth * 0.45, video.videoHeight * 0.65, 16, 16, 0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data[1] ?? 0;
      };
      const play = async (source: string): Promise<Played> => {
        const played: Played = { frames: [], beepsMs: [], clockOffsetsMs: [] };
        const video = document.createElement('video');
        video.src = source;
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        if (canvas === null) throw new Error('no canvas');
        const ears = new AudioWorkletNode(context, 'beeps');
        ears.port.onmessage = ({ data }) => played.beepsMs.push(data as number);
        context.createMediaElementSource(video).connect(ears).connect(silent);
        const handleFrame: VideoFrameRequestCallback = (_, { mediaTime, expectedDisplayTime }) => {
          const flash = luma(video, canvas) > 190;
          played.frames.push({ mediaMs: 1000 * mediaTime, shownMs: expectedDisplayTime, flash });
          const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
          played.clockOffsetsMs.push(performanceTime - 1000 * contextTime);
          video.requestVideoFrameCallback(handleFrame);
        };
        video.requestVideoFrameCallback(handleFrame);
        const ended = new Promise((resolve, reject) => {
          video.addEventListener('ended', resolve, { once: true });
          video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
        });
        await video.play();
        await ended;
        return played;
      };
      const all = await Promise.all(urls.map(play));
      await context.close();
      return all;
    },
    { urls: [...urls], listener: LISTENER },
  );

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const FLASH_MS = 80;
const NEAR_MS = 1500;
const LARGEST_OFFSET_MS = 400;

/** Throws where the browser shows a flash at another time of the file than it has there. */
const assertFlashesShown = ({ frames }: Played, flashesMs: readonly number[]): void => {
  const seen = frames.filter(({ flash, mediaMs }) => flash && mediaMs > FLASH_MS);
  const astray = seen.find(
    ({ mediaMs }) => !flashesMs.some((flashMs) => mediaMs - flashMs > -2 && mediaMs - flashMs < FLASH_MS),
  );
  if (seen.length === 0) throw new Error('no flash was seen');
  if (astray) throw new Error(`a flash was seen at ${astray.mediaMs} ms, where the file has none`);
};

/**
 * A busy machine shows a picture late or passes it over, a flash too: so the page's clock at a flash's time is the median of what the frames around it
 * say. Sound is told from it by the sample.
 */
const pairsOf = (played: Played, flashesMs: readonly number[]): PlayedPair[] => {
  const { frames, beepsMs, clockOffsetsMs } = played;
  assertFlashesShown(played, flashesMs);
  const soundOffsetMs = medianOf(clockOffsetsMs);
  return flashesMs.flatMap((flashMs) => {
    const near = frames.filter(({ mediaMs }) => Math.abs(mediaMs - flashMs) < NEAR_MS);
    const shownMs = flashMs + medianOf(near.map((frame) => frame.shownMs - frame.mediaMs));
    const offsets = beepsMs.map((beepMs) => beepMs + soundOffsetMs - shownMs);
    const [offsetMs] = offsets.sort((a, b) => Math.abs(a) - Math.abs(b));
    return offsetMs !== undefined && Math.abs(offsetMs) < LARGEST_OFFSET_MS ? [{ flashMs, offsetMs }] : [];
  });
};

/** A file, and when its flashes begin, in its own time. */
export type FlashingFile = { path: string; flashesMs: readonly number[] };

/**
 * Of each file, in its order: how much later each flash's beep is heard than in `reference`, which is exact and is played beside them: what the
 * browser's own way to screen and speaker adds is the same for all.
 */
export const playAndCompare = async (
  page: Page,
  reference: FlashingFile,
  files: readonly FlashingFile[],
): Promise<PlayedPair[][]> => {
  const all = [reference, ...files];
  const { url, close } = await serve(all.map(({ path }) => path));
  try {
    await page.goto(url);
    const played = await playAll(
      page,
      all.map((_, index) => `${url}${index}`),
    );
    const [exact = [], ...others] = played.map((one, index) => pairsOf(one, all[index]?.flashesMs ?? []));
    const ownMs = medianOf(exact.map(({ offsetMs }) => offsetMs));
    return others.map((pairs) => pairs.map(({ flashMs, offsetMs }) => ({ flashMs, offsetMs: offsetMs - ownMs })));
  } finally {
    close();
  }
};
