/** How a browser plays a file: its length, whether it seeks and moves, and whether there is something to see. */
import type { Page } from 'playwright-core';

export type PlayedFacts = {
  durationSeconds: number;
  width: number;
  height: number;
  /** Where playing went on from after the seek to the middle. */
  soughtSeconds: number;
  movedToSeconds: number;
  /** Spread of brightness over a frame after the seek, 0 to 255; a blank frame has 0. */
  spread: number;
};

/** A frame of the fake camera, of a screen or of a synthetic caller spreads wider. */
export const LEAST_SPREAD = 40;

/** Loads, seeks to the middle and plays on until there was something to see, or to the end, in a page of the file's own origin. */
export const playInPage = (page: Page, url: string): Promise<PlayedFacts> =>
  page.evaluate(
    async ({ source, leastSpread }) => {
      const video = document.createElement('video');
      video.muted = true;
      video.preload = 'auto';
      const happens = (name: string): Promise<void> =>
        new Promise((resolve, reject) => {
          video.addEventListener(name, () => resolve(), { once: true });
          video.addEventListener('error', () => reject(new Error(`${name} never came: ${video.error?.message}`)), {
            once: true,
          });
        });
      const loaded = happens('loadedmetadata');
      video.src = source;
      await loaded;
      const sought = happens('seeked');
      video.currentTime = video.duration / 2;
      await sought;
      const soughtSeconds = video.currentTime;
      const brightness = (): number[] => {
        const canvas = new OffscreenCanvas(64, 36);
        const context = canvas.getContext('2d');
        context?.drawImage(video, 0, 0, canvas.width, canvas.height);
        const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        return [...data].filter((_, index) => index % 4 === 1);
      };
      const spreadNow = (): number => {
        const values = video.videoWidth > 0 ? brightness() : [0];
        return Math.max(...values) - Math.min(...values);
      };
      // Neither 'seeked' nor the clock's going on says that a frame is there to be drawn: on a busy machine it comes later.
      let spread = spreadNow();
      const moves = new Promise<void>((resolve) => {
        const look = (): void => {
          spread = Math.max(spread, spreadNow());
          const hasMoved = video.currentTime > soughtSeconds + 0.2;
          if ((hasMoved && spread > leastSpread) || video.ended) resolve();
        };
        video.addEventListener('timeupdate', look);
        video.addEventListener('ended', look);
      });
      await video.play();
      await moves;
      const movedToSeconds = video.currentTime;
      const facts = { durationSeconds: video.duration, width: video.videoWidth, height: video.videoHeight };
      video.pause();
      return { ...facts, soughtSeconds, movedToSeconds, spread };
    },
    { source: url, leastSpread: LEAST_SPREAD },
  );
