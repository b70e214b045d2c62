/** The service's own page, driven as a person does. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceCredentials } from '@callreel/synthetic/service.ts';
import type { Page } from 'playwright-core';

/** Where to leave pictures for a person to look at; none are made without it. */
const SCREENSHOTS = process.env.CALLREEL_TEST_SCREENSHOTS;

export const takeScreenshot = async (page: Page, name: string): Promise<void> => {
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
};

/** Fills the form in with the keyboard alone; fields given as '' keep what they hold. */
export const signInByKeyboard = async (page: Page, credentials: ServiceCredentials): Promise<void> => {
  const { org, app, clientId, clientSecret } = credentials;
  await page.getByLabel('Organisation').focus();
  for (const text of [org, app, clientId]) {
    if (text !== '') await page.keyboard.insertText(text);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.insertText(clientSecret);
  await page.keyboard.press('Enter');
};

/** Starts a call, or joins the one of the invitation, and waits until media flows. */
export const enterCall = async (
  page: Page,
  userName: string,
  button: 'Start the call' | 'Join the call',
): Promise<void> => {
  await page.getByLabel('Your name in the call').fill(userName);
  await page.getByRole('button', { name: button }).click();
  await page.getByText('You are live').waitFor();
};

/** The rows of the table of files that is seen: who, what and how long. */
export const shownFiles = async (page: Page): Promise<string[]> => {
  const rows = await page.locator('tbody tr:visible').all();
  const cell = async (row: (typeof rows)[number], name: string) =>
    (await row.locator(`.${name}`).textContent())?.trim();
  return Promise.all(rows.map(async (row) => `${await cell(row, 'who')}: ${await cell(row, 'what')}`));
};

/** Seeks the dialog's player to the middle; resolves with its length and where it is when it has moved on from there. */
export const seekInPlayer = (page: Page): Promise<{ durationSeconds: number; movedToSeconds: number }> =>
  page.evaluate(async () => {
    const video = document.querySelector<HTMLVideoElement>('#player video');
    if (video === null) throw new Error('the page has no player');
    const happens = (name: string) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }));
    if (video.readyState === 0) await happens('loadedmetadata');
    const sought = happens('seeked');
    video.currentTime = video.duration / 2;
    await sought;
    await video.play();
    const middle = video.duration / 2;
    while (video.currentTime <= middle && !video.ended) await happens('timeupdate');
    return { durationSeconds: video.duration, movedToSeconds: video.currentTime };
  });

/** Resolves when the picture of another moves and his sound is played with it. */
export const waitUntilSeen = async (page: Page, userName: string): Promise<void> => {
  const video = page.locator('.person', { hasText: userName }).locator('video');
  await video.waitFor();
  const handle = await video.elementHandle();
  await page.waitForFunction((element) => {
    const { videoWidth, currentTime, muted, srcObject } = element as HTMLVideoElement;
    const kinds = (srcObject as MediaStream | null)?.getTracks().map(({ kind, muted }) => `${kind} ${muted}`) ?? [];
    return videoWidth > 0 && currentTime > 1 && !muted && kinds.sort().join() === 'audio false,video false';
  }, handle);
};
