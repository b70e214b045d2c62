import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { DisplayTime } from '@callreel/server/web/times.ts';
import { createConference } from '../support/store-rows.ts';
import { type Answer, type TestApp, WebFixture } from './web-fixture.ts';

const time = new DisplayTime('Asia/Shanghai');
const content = Buffer.from('content');

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const ask = (path: string, token = app.token): Promise<Answer> =>
  fixture.call(`${base}/audio/${path}`, { token, headers: { 'content-type': 'application/json' } });

const list = async (path: string): Promise<RecordingView[]> => {
  const answer = await ask(path);
  assert.equal(answer.status, 200, answer.text);
  return answer.json<RecordingView[]>();
};

const idsOf = async (path: string): Promise<number[]> => (await list(path)).map(({ id }) => id);

const refusal = async (path: string): Promise<string> => {
  const answer = await ask(path);
  return `${answer.status} ${answer.json().error}: ${answer.json().error_description}`;
};

const ALWAYS = '00010101000000/99991231235959';
const compact = (shown: string): string => shown.replace(/\D/g, '');

test('a recording is listed with every field, in its form', async () => {
  const began = new Date('2026-02-21T09:56:04.500Z');
  const ended = new Date('2026-02-21T09:56:46Z');
  const conference = await createConference(fixture.store, app.id, { type: 'LIVE', beganAt: began, endedAt: ended });
  const added = await fixture.addRecording(app, content, { confrId: conference.id });
  const [view, ...more] = await list(conference.id);
  assert.ok(view);
  assert.equal(more.length, 0);
  const { recordTime, expireTime, url } = view;
  const user = `${app.org}#${app.name}_user1`;
  assert.deepEqual(view, {
    id: added.id,
    owner: `${app.org}#${app.name}`,
    confrBeginTime: '2026-02-21 17:56:04',
    confrEndTime: '2026-02-21 17:56:46',
    confrType: 'LIVE',
    confrId: conference.id,
    memberId: `${conference.id}M1`,
    memberName: user,
    userName: user,
    accessId: added.accessId,
    pubStreamId: added.pubStreamId,
    recordType: 'ONLY_REC_ONE_AV',
    recordTime,
    expireTime,
    url,
  });
  const listedAt = time.parse(compact(recordTime))?.earliest.getTime() ?? 0;
  assert.ok(Math.abs(Date.now() - listedAt) < 60_000);
  assert.equal(time.parse(compact(expireTime))?.earliest.getTime(), listedAt + 30 * 24 * 3600 * 1000);
  assert.ok(url.startsWith(`${fixture.url}/files/${app.org}/${app.name}/`));
});

test('a merged recording has no pubStreamId', async () => {
  const { confrId } = await fixture.addRecording(app, content, { recordType: 'MERGE_ALL', container: 'mp4' });
  const [view] = await list(confrId);
  assert.equal(view?.recordType, 'MERGE_ALL');
  assert.ok(view && !('pubStreamId' in view));
  assert.match(view.url, /\.mp4\?/);
});

test('the four calls give what each is for, ascending by id', async () => {
  const { id: confrId } = await createConference(fixture.store, app.id);
  const add = (given: Parameters<WebFixture['addRecording']>[2]) =>
    fixture.addRecording(app, content, { confrId, ...given });
  const ann = await add({ userName: 'ann' as UserName });
  const merged = await add({ recordType: 'MERGE_ALL', container: 'mp4', userName: 'ann' as UserName });
  const bob = await add({ userName: 'bob' as UserName });
  const desktop = await add({ userName: 'ann' as UserName, recordType: 'ONLY_REC_ONE_DESKTOP' });
  assert.deepEqual(await idsOf(confrId), [ann.id, merged.id, bob.id, desktop.id]);
  assert.deepEqual(await idsOf(`ann/${confrId}`), [ann.id, desktop.id]);
  const wholeName = encodeURIComponent(`${app.org}#${app.name}_ANN`);
  assert.deepEqual(await idsOf(`${wholeName}/${confrId}`), [ann.id, desktop.id]);
  assert.deepEqual(await idsOf(`${ALWAYS}/${ann.id - 1}/100`), [ann.id, merged.id, bob.id, desktop.id]);
  assert.deepEqual(await idsOf(`merge/${ALWAYS}/${ann.id - 1}/100`), [merged.id]);
});

test('pages by the last id received reach everything once', async () => {
  const paged = await fixture.createApp();
  const { id: confrId } = await createConference(fixture.store, paged.id);
  for (let count = 0; count < 7; count++) await fixture.addRecording(paged, content, { confrId });
  const seen: number[] = [];
  for (;;) {
    const path = `/${paged.org}/${paged.name}/audio/${ALWAYS}/${seen.at(-1) ?? 0}/3`;
    const page = (await fixture.call(path, { token: paged.token })).json<RecordingView[]>();
    seen.push(...page.map(({ id }) => id));
    if (page.length < 3) break;
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
});

test('both ends of a span count, each as a whole second', async () => {
  const { id, confrId } = await fixture.addRecording(app, content);
  const [view] = await list(confrId);
  const at = compact(view?.recordTime ?? '');
  const second = time.parse(at)?.earliest ?? new Date(Number.NaN);
  const shifted = (seconds: number): string => compact(time.format(new Date(second.getTime() + seconds * 1000)));
  const has = async (span: string): Promise<boolean> => (await idsOf(`${span}/${id - 1}/1`)).includes(id);
  assert.ok(await has(`${at}/${at}`));
  assert.ok(await has(`${shifted(-5)}/${at}`));
  assert.ok(await has(`${at}/${shifted(5)}`));
  assert.ok(!(await has(`${shifted(1)}/${shifted(5)}`)));
  assert.ok(!(await has(`${shifted(-5)}/${shifted(-1)}`)));
});

test('what is unknown is an empty list', async () => {
  const { confrId } = await fixture.addRecording(app, content);
  const other = encodeURIComponent('other#app_user1');
  const paths = [
    'IM_X1C1',
    'nonsense',
    `nobody/${confrId}`,
    `a%20b/${confrId}`,
    `${other}/${confrId}`,
    'user1/nonsense',
    'merge/IM_X1C1',
  ];
  for (const path of paths) assert.deepEqual(await list(path), [], path);
  assert.deepEqual(await list('20190101000000/20190102000000/0/100'), []);
  assert.deepEqual(await list(`${ALWAYS}/9007199254740991/100`), []);
});

test("another app's recordings are not listed", async () => {
  const { confrId } = await fixture.addRecording(app, content);
  const other = await fixture.createApp();
  const answer = await fixture.call(`/${other.org}/${other.name}/audio/${confrId}`, { token: other.token });
  assert.deepEqual(answer.json<unknown>(), []);
});

test('a time that is none, or a span that runs backwards, is named', async () => {
  const good = '20190101080607';
  for (const wrong of ['2019010108060', '20190229000000', '20190101240000', '2019-01-01', 'x', '20191301000000']) {
    assert.match(await refusal(`${wrong}/${good}/0/1`), /^400 illegal_argument: beginTime must be a real date/, wrong);
    assert.match(await refusal(`${good}/${wrong}/0/1`), /^400 illegal_argument: endTime must be a real date/, wrong);
    assert.match(await refusal(`merge/${good}/${wrong}/0/1`), /^400 illegal_argument: endTime/, wrong);
  }
  assert.match(
    await refusal(`20190101080608/${good}/0/1`),
    /^400 illegal_argument: beginTime must be no later than endTime/,
  );
});

test('startId and length are integers in their range', async () => {
  for (const wrong of ['-1', '1.5', 'x', '1e3', '+1', '9007199254740992', '9'.repeat(500), '%20']) {
    assert.match(await refusal(`${ALWAYS}/${wrong}/1`), /^400 illegal_argument: startId must be an integer/, wrong);
  }
  for (const wrong of ['0', '-1', '1.5', 'x', '1e3', '-999', '0x10', '00']) {
    assert.match(
      await refusal(`${ALWAYS}/0/${wrong}`),
      /^400 illegal_argument: length must be an integer from 1 to 100/,
      wrong,
    );
  }
});

test('a page of more than 100 is 500, as the source answers, however large', async () => {
  for (const length of ['101', '1000', '99999999999999999999', '9'.repeat(8000)]) {
    assert.match(await refusal(`${ALWAYS}/0/${length}`), /^500 length_exceeds_limit: length must be/);
    assert.match(await refusal(`merge/${ALWAYS}/0/${length}`), /^500 length_exceeds_limit/);
  }
  for (const length of ['100', '0100']) assert.equal((await ask(`${ALWAYS}/0/${length}`)).status, 200, length);
});

test("only the app's token lists", async () => {
  const user = await fixture.userToken(app, 'ann');
  for (const path of ['IM_X1C1', 'ann/IM_X1C1', `${ALWAYS}/0/1`, `merge/${ALWAYS}/0/1`]) {
    assert.equal((await ask(path, user)).status, 403, path);
    assert.equal((await fixture.call(`${base}/audio/${path}`)).status, 401, path);
  }
});
