import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '@callreel/client/request.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { ExampleServer, openExamplePage } from '../support/example-page.ts';
import { startTestService, type TestService, waitForRecordings } from '../support/service.ts';

const PASSWORD = 'open sesame 1';

let tested: TestService;
let browser: TestBrowser;
let examples: ExampleServer;

const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  examples = await ExampleServer.start();
  cleanups.add(() => examples.stop());
  tested = await startTestService({ settings: { CALLREEL_CORS_ORIGINS: examples.origin } });
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
  await Promise.all(['ann', 'bob', 'cid'].map(createUser));
});

after(() => cleanups.run());

const createUser = async (username: string): Promise<void> => {
  const { org, app } = tested.service.credentials;
  const { token, service } = tested;
  await request(`${service.url}/${org}/${app}/users`, {
    method: 'POST',
    token,
    json: { username, password: PASSWORD },
  });
};

const pageOf = (userName: string): Promise<Page> =>
  openExamplePage(browser, examples, tested.service, { userName, password: PASSWORD });

const kinds = (recordings: readonly RecordingView[]): string[] =>
  recordings.map(({ userName, recordType }) => `${userName.split('_').at(-1)} ${recordType}`).sort();

/** Waits until the page's membership has this much in its state. */
const waitForState = (page: Page, members: number, publications: number): Promise<unknown> =>
  page.waitForFunction(
    ([m, p]) => {
      const { state } = globalThis.kept.membership;
      return state.members.length === m && state.publications.length === p;
    },
    [members, publications],
  );

/** Resolves when so many of the others' pictures move, and there are no more. */
const waitUntilShown = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction((wanted) => {
    const videos = [...document.querySelectorAll<HTMLVideoElement>('main video')];
    return videos.length === wanted && videos.every((video) => video.videoWidth > 0 && video.currentTime > 0.5);
  }, count);

/** A click each; resolves when the first picture moves again. */
const stopAndResume = async (page: Page): Promise<void> => {
  const click = async (video: boolean): Promise<void> => {
    const said = JSON.stringify({ video });
    const answered = page.waitForResponse((response) => response.request().postData() === said);
    await page.evaluate(() => document.querySelector<HTMLVideoElement>('main video')?.click());
    assert.equal((await answered).status(), 200);
  };
  await click(false);
  await click(true);
  await page.evaluate(async () => {
    const video = document.querySelector<HTMLVideoElement>('main video');
    const shown = () => video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    const before = shown();
    while (shown() < before + 10) await new Promise(requestAnimationFrame);
  });
};

const reasonOf = (page: Page, run: () => Promise<unknown>): Promise<string | undefined> =>
  page.evaluate(
    (source) =>
      // The function is of this file: the page knows it as text alone.
      (new Function(`return (${source})()`)() as Promise<unknown>).then(
        () => undefined,
        (error) => {
          const place = document.createElement('p');
          globalThis.kept.examples.explain(error, place);
          if ((place.textContent ?? '').length < 20) throw error;
          return place.dataset.reason;
        },
      ),
    String(run),
  );

/** Presses a button of the one who is an admin, and waits until the other sees how the recording stands then. */
const press = async (admin: Page, other: Page, label: string, state: string): Promise<void> => {
  await admin.getByRole('button', { name: label }).click();
  await other.waitForFunction((wanted) => globalThis.kept.membership.recordingState === wanted, state);
};

test('a conference: created with a password, joined, published, muted, a screen shared, its recording paused, left; the files and the merged one are listed', {
  skip,
}, async () => {
  const [ann, bob] = await Promise.all([pageOf('ann'), pageOf('bob')]);
  const confrId = await ann.evaluate(async () => {
    const { kept } = globalThis;
    kept.membership = await kept.examples.holdConference(kept.api);
    kept.examples.listMembers(kept.membership, document.querySelector('output') as HTMLElement);
    return kept.membership.confrId;
  });
  await waitForState(ann, 1, 1);
  await bob.evaluate((id) => (globalThis.kept.told = [id]), confrId);
  assert.equal(
    await reasonOf(bob, () => {
      const { examples, api, told } = globalThis.kept;
      return examples.joinConference(api, told[0] ?? '', { password: 'wrong' });
    }),
    'wrongPassword',
  );
  await bob.evaluate(async (id) => {
    const { kept } = globalThis;
    kept.membership = await kept.examples.joinConference(kept.api, id, { password: 'open sesame' });
    kept.membership.on('publicationMuted', ({ audioOff }) => kept.told.push(audioOff ? 'muted' : 'heard'));
    const camera = await kept.examples.openCameraAndMicrophone({ camera: true, microphone: true });
    kept.camera = await kept.membership.publish(camera);
    kept.screen = await kept.examples.shareScreen(kept.membership);
  }, confrId);
  await waitForState(ann, 2, 3);
  await ann.waitForFunction(() => document.querySelector('output')?.textContent?.startsWith('recording:\nann'));
  await ann.waitForFunction(() => /bob speaks/.test(document.querySelector('output')?.textContent ?? ''));
  await ann.evaluate(() => {
    const { examples, membership } = globalThis.kept;
    examples.showOthers(membership, document.querySelector('main') as HTMLElement);
  });
  await waitUntilShown(ann, 2);
  await stopAndResume(ann);
  await bob.evaluate(async () => {
    const { membership, camera, screen, examples } = globalThis.kept;
    await examples.setMuted(membership, camera, true);
    await examples.setMuted(membership, camera, false);
    await examples.stopSharing(screen);
  });
  await waitForState(ann, 2, 2);
  await waitUntilShown(ann, 1);
  await bob.waitForFunction(() => globalThis.kept.told.slice(1).join() === 'muted,heard');
  await ann.evaluate(() => {
    const { examples, membership, told } = globalThis.kept;
    examples.controlRecording(membership, document.body, (error) => {
      if (error instanceof examples.ClientError) told.push(error.reason);
    });
  });
  await press(ann, bob, 'Pause', 'paused');
  assert.equal(await reasonOf(bob, () => globalThis.kept.membership.resumeRecording()), 'forbidden');
  await press(ann, bob, 'Resume', 'recording');
  await press(ann, bob, 'Stop', 'stopped');
  await ann.getByRole('button', { name: 'Pause' }).click();
  await ann.waitForFunction(() => globalThis.kept.told.includes('notRecorded'));
  await Promise.all([bob, ann].map((page) => page.evaluate(() => globalThis.kept.membership.leave())));
  const listed = await waitForRecordings(tested.api, confrId, ({ length }) => length === 4);
  assert.deepEqual(kinds(listed), [
    'ann MERGE_ALL',
    'ann ONLY_REC_ONE_AV',
    'bob ONLY_REC_ONE_AV',
    'bob ONLY_REC_ONE_DESKTOP',
  ]);
  await Promise.all([ann.close(), bob.close()]);
});

/** Opens the lines of both; whoever is called decides as `wants` says. */
const openLines = async (caller: Page, callee: Page, wants: boolean): Promise<void> => {
  await callee.evaluate(async (answer) => {
    const { kept } = globalThis;
    kept.line = await kept.examples.answerCalls(kept.api, async (call) => {
      kept.call = call;
      kept.told.push(`${call.from} ${call.confrId}`);
      return answer;
    });
  }, wants);
  await caller.evaluate(async () => {
    globalThis.kept.line ??= await globalThis.kept.examples.openLine(globalThis.kept.api);
  });
};

test('a call of two: it rings, is accepted, both have its confrId then and not before, one hangs up, the files are listed', {
  skip,
}, async () => {
  const [ann, bob] = await Promise.all([pageOf('ann'), pageOf('bob')]);
  await openLines(ann, bob, true);
  const ids = await ann.evaluate(async () => {
    const { kept } = globalThis;
    kept.call = await kept.examples.ring(kept.line, 'bob');
    const before = `${kept.call.state} ${kept.call.confrId}`;
    kept.membership = await kept.examples.talk(kept.call);
    kept.call.on('state', (state) => kept.told.push(state));
    return { before, after: kept.call.confrId, up: kept.call.state };
  });
  assert.deepEqual({ ...ids, after: typeof ids.after }, { before: 'ringing undefined', after: 'string', up: 'up' });
  assert.deepEqual(await bob.evaluate(() => globalThis.kept.told), ['ann undefined']);
  assert.equal(await bob.evaluate(() => globalThis.kept.call.confrId), ids.after);
  await waitForState(ann, 2, 2);
  await ann.waitForFunction(() => globalThis.kept.membership.state.speaking.length === 2);
  await bob.evaluate(() => globalThis.kept.call.hangUp());
  await ann.waitForFunction(() => globalThis.kept.told.includes('over'));
  const listed = await waitForRecordings(tested.api, ids.after ?? '', ({ length }) => length === 2);
  assert.deepEqual(kinds(listed), ['ann ONLY_REC_ONE_AV', 'bob ONLY_REC_ONE_AV']);
  assert.deepEqual([...new Set(listed.map(({ confrType }) => confrType))], ['CONFR']);
  await Promise.all([ann.close(), bob.close()]);
});

test('a call that comes to nothing says why: not there, refused, busy, given up', { skip }, async () => {
  const [ann, bob, cid] = await Promise.all([pageOf('ann'), pageOf('bob'), pageOf('cid')]);
  const ringBob = (page: Page) => reasonOf(page, () => globalThis.kept.examples.ring(globalThis.kept.line, 'bob'));
  await ann.evaluate(async () => {
    globalThis.kept.line = await globalThis.kept.examples.openLine(globalThis.kept.api);
  });
  assert.equal(await ringBob(ann), 'calleeOffline');
  await openLines(ann, bob, false);
  assert.equal(
    await reasonOf(ann, async () => {
      const { examples, line } = globalThis.kept;
      await examples.talk(await examples.ring(line, 'bob'));
    }),
    'callRefused',
  );
  // Bob does not know whether he wants to talk to Cid.
  await openLines(cid, cid, true);
  await bob.evaluate(() => globalThis.kept.line.close());
  await bob.evaluate(async () => {
    const { kept } = globalThis;
    kept.line = await kept.examples.openLine(kept.api);
    kept.line.on('incoming', (call) => {
      kept.call = call;
      call.on('state', (state) => kept.told.push(state));
    });
  });
  await cid.evaluate(async () => {
    globalThis.kept.call = await globalThis.kept.examples.ring(globalThis.kept.line, 'bob');
  });
  await bob.waitForFunction(() => globalThis.kept.call?.from === 'cid');
  assert.equal(await ringBob(ann), 'calleeBusy');
  assert.equal(await ringBob(cid), 'inCall');
  await cid.evaluate(() => globalThis.kept.call.hangUp());
  await bob.waitForFunction(() => globalThis.kept.told.includes('over'));
  assert.equal(await reasonOf(bob, () => globalThis.kept.call.connected), 'callCancelled');
  await Promise.all([ann.close(), bob.close(), cid.close()]);
});

test('no page complained, but of the answers that were wanted', { skip }, () => {
  assert.deepEqual(
    browser.complaints.filter((text) => !/status of (403|409)/.test(text)),
    [],
  );
});
