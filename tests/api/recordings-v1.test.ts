import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import type {
  RecordingDetails,
  RecordingPage,
  RecordingView,
  ReportedRecording,
} from '@callreel/contract/recording.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { Jobs } from '@callreel/server/jobs/jobs.ts';
import { digestRecording } from '@callreel/server/recordings/digest.ts';
import { systemClocks } from '@callreel/server/retention/clocks.ts';
import { Retention } from '@callreel/server/retention/retention.ts';
import { connect } from '@callreel/server/store/connect.ts';
import type { NewRecording } from '@callreel/server/store/rows.ts';
import { DisplayTime } from '@callreel/server/web/times.ts';
import { createConference } from '../support/store-rows.ts';
import { type Answer, type TestApp, WebFixture } from './web-fixture.ts';

const content = Buffer.from('content');
const time = new DisplayTime('Asia/Shanghai');

let fixture: WebFixture;
let jobs: Jobs;
let retention: Retention;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start({}, { onRecordingDeleted: (key) => retention.recordingDeleted(key) });
  const { store, objects, postgres } = fixture;
  const { connection, log } = postgres;
  jobs = new Jobs({ connection, log });
  await jobs.start();
  const clocks = systemClocks('this boot', store);
  retention = new Retention({ store, objects, jobs, spoolDir: fixture.config.dataDir, clocks, log });
  await jobs.work({
    ...retention.handlers,
    finish: async () => {},
    composite: async () => {},
    digest: ({ recordingKey }, { signal }) => digestRecording({ store, objects, log }, recordingKey, signal),
  });
  await retention.start();
  app = await fixture.createApp();
  base = `/v1/${app.org}/${app.name}/recordings`;
});
after(async () => {
  await retention?.stop();
  await jobs?.stop(10_000);
  await fixture?.stop();
});

const ask = (path: string, method = 'GET', token = app.token): Promise<Answer> =>
  fixture.call(`${base}${path}`, { method, token });

const search = async (query: string): Promise<RecordingPage> => {
  const answer = await ask(query);
  assert.equal(answer.status, 200, answer.text);
  return answer.json<RecordingPage>();
};

const idsOf = ({ recordings }: RecordingPage): number[] => recordings.map(({ id }) => id);

const refusal = async (path: string, method = 'GET'): Promise<string> => {
  const answer = await ask(path, method);
  return `${answer.status} ${answer.json().error}: ${answer.json().error_description}`;
};

const NOT_FOUND = '404 service_resource_not_found: There is no such recording';

const add = (given: Partial<NewRecording> = {}) => fixture.addRecording(app, content, given);

const detailsOf = async (id: number): Promise<RecordingDetails> => (await ask(`/${id}`)).json<RecordingDetails>();

const listed = async (confrId: string): Promise<RecordingView[]> =>
  (await fixture.call(`/${app.org}/${app.name}/audio/${confrId}`, { token: app.token })).json<RecordingView[]>();

/** Resolves when it does; a test that waits in vain is ended by the runner. */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('a recording and its facts: those of the listing, and of the file', async () => {
  const startedAtWallMs = Date.parse('2026-02-21T09:56:04.500Z');
  const facts = {
    ...{ startMs: 10, endMs: 42_010, startedAtWallMs, endedAtWallMs: startedAtWallMs + 42_000, kind: 'av' },
    ...{ video: { codec: 'VP8', width: 640, height: 360, frames: 1000 }, audio: { codec: 'opus' } },
  };
  const { id, confrId } = await add({ facts, durationMs: 42_000.5 });
  const [view] = await listed(confrId);
  assert.deepEqual(await detailsOf(id), {
    ...view,
    container: 'webm',
    sizeBytes: content.length,
    durationMs: 42_000.5,
    startTime: '2026-02-21 17:56:04',
    endTime: '2026-02-21 17:56:46',
    video: { codec: 'VP8', width: 640, height: 360 },
    audio: { codec: 'opus' },
  });
  const answer = await ask(`/${id}`);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
});

test('a start of the service sweeps', async () => {
  await until(async () => (await fixture.store.retention.clockMarks()).some(({ bootId }) => bootId === 'this boot'));
});

test('what is not known of a file is absent', async () => {
  const { id } = await add({ facts: { startMs: 0, endMs: 1, audio: { codec: 'opus' } } });
  const details = await detailsOf(id);
  for (const name of ['video', 'startTime', 'sha256', 'sources', 'verdict']) assert.ok(!(name in details), name);
});

test('how complete it is: in short everywhere, in full for one; what is broken is left out', async () => {
  const report: RecordingReport = {
    ...{ verdict: 'gaps', reasons: ['mediaMissing'], ended: 'unpublished', countedUpToMs: 9000 },
    audio: {
      ...{ expectedMs: 9000, presentMs: 8980, silentMs: 0, leftOut: {}, clockChanges: [] },
      packets: { received: 449, lost: 1, recovered: 0, missing: 1 },
    },
    gaps: [{ track: 'audio', cause: 'loss', startMs: 4000, lengthMs: 20, endMs: 4020, count: 1 }],
    largestOffset: { ms: -12, atMs: 800 },
  };
  const facts = { startMs: 0, endMs: 9000, verdict: report.verdict };
  const { id } = await add({ facts, report });
  const details = await detailsOf(id);
  assert.deepEqual([details.verdict, (details as ReportedRecording).report], ['gaps', report]);
  const page = (await ask('?limit=1')).json<RecordingPage>();
  assert.equal(page.recordings[0]?.verdict, 'gaps');
  assert.ok(page.recordings[0] && !('report' in page.recordings[0]));
  const broken = await add({ facts, report: { verdict: 'splendid' } });
  assert.ok(!('report' in (await detailsOf(broken.id))));
});

test('the hash follows, in the facts and with the file', async () => {
  const { id, recordingKey } = await add();
  await jobs.send('digest', { recordingKey });
  await until(async () => (await detailsOf(id)).sha256 !== undefined);
  const { sha256, url } = await detailsOf(id);
  const expected = createHash('sha256').update(content).digest();
  assert.equal(sha256, expected.toString('hex'));
  const { headers } = await fixture.call(url);
  assert.equal(headers.get('repr-digest'), `sha-256=:${expected.toString('base64')}:`);
});

test('a search by conference, user and type, the newest first', async () => {
  const { id: confrId } = await createConference(fixture.store, app.id);
  const ann = await add({ confrId, userName: 'ann' as UserName });
  const desktop = await add({ confrId, userName: 'ann' as UserName, recordType: 'ONLY_REC_ONE_DESKTOP' });
  const bob = await add({ confrId, userName: 'bob' as UserName });
  const merged = await add({ confrId, userName: 'ann' as UserName, recordType: 'MERGE_ALL', container: 'mp4' });
  const find = async (query: string) => idsOf(await search(`?confrId=${confrId}${query}`));
  assert.deepEqual(await find(''), [merged.id, bob.id, desktop.id, ann.id]);
  assert.deepEqual(await find('&userName=Ann'), [merged.id, desktop.id, ann.id]);
  const wholeName = encodeURIComponent(`${app.org}#${app.name}_bob`);
  assert.deepEqual(await find(`&userName=${wholeName}`), [bob.id]);
  assert.deepEqual(await find('&recordType=ONLY_REC_ONE_DESKTOP'), [desktop.id]);
  assert.deepEqual(await find('&recordType=MERGE_ALL&userName=bob'), []);
  assert.deepEqual(idsOf(await search('?limit=2')), [merged.id, bob.id]);
  assert.deepEqual(idsOf(await search('?userName=bob&recordType=ONLY_REC_ONE_AV')), [bob.id]);
});

test('a search by time takes both ends as whole seconds', async () => {
  const { id } = await add();
  const { recordTime } = await detailsOf(id);
  const second = time.parse(recordTime.replace(/\D/g, ''))?.earliest.getTime() ?? 0;
  const at = (seconds: number) => time.format(new Date(second + seconds * 1000)).replace(/\D/g, '');
  const has = async (query: string) => idsOf(await search(query)).includes(id);
  assert.ok(await has(`?beginTime=${at(0)}&endTime=${at(0)}`));
  assert.ok(await has(`?beginTime=${at(-5)}`));
  assert.ok(!(await has(`?endTime=${at(-1)}`)));
  assert.ok(!(await has(`?beginTime=${at(1)}`)));
});

test('pages by cursor reach everything once, also when one they came by is deleted meanwhile', async () => {
  const { id: confrId } = await createConference(fixture.store, app.id);
  const added: number[] = [];
  for (let count = 0; count < 7; count++) added.push((await add({ confrId })).id);
  const seen: number[] = [];
  for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
    const found = await search(`?confrId=${confrId}&limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    seen.push(...idsOf(found));
    cursor = found.cursor;
    if (page === 0) assert.equal((await ask(`/${found.recordings[2]?.id}`, 'DELETE')).status, 200);
  }
  assert.deepEqual(seen, added.toReversed());
});

test('what can be no recording is an empty page, what is malformed is named', async () => {
  for (const query of ['?confrId=x', '?userName=a%20b', '?userName=other%23app_user1', '?confrId=IM_X1C1']) {
    assert.deepEqual(await search(query), { recordings: [] }, query);
  }
  const wrong: [string, RegExp][] = [
    ['?foo=1', /foo must be left out: there is no such field/],
    ['?limit=0', /limit must be an integer from 1 to 100/],
    ['?limit=101', /limit/],
    ['?limit=1.5', /limit/],
    ['?limit=１', /limit/],
    ['?limit=1&limit=2', /limit/],
    ['?cursor=x', /cursor must be that of the page before/],
    ['?cursor=-1', /cursor/],
    [`?cursor=${'9'.repeat(400)}-1`, /cursor/],
    ['?recordType=AV', /recordType must be ONLY_REC_ONE_AV or ONLY_REC_ONE_DESKTOP or MERGE_ALL/],
    ['?beginTime=20190229000000', /beginTime must be a real date/],
    ['?endTime=2019-01-01', /endTime must be a real date/],
    ['?beginTime=20190102000000&endTime=20190101000000', /beginTime must be no later than endTime/],
    ['?user=ann', /./],
  ];
  for (const [query, description] of wrong) {
    const told = await refusal(query);
    assert.match(told, /^400 illegal_argument: /, query);
    assert.match(told, description, query);
  }
  for (const cursor of ['0-0', '9999999999999-999999999999999']) await search(`?cursor=${cursor}`);
});

test('deleted, it is out of every listing and its link is gone at once, and its file and its row soon after', async () => {
  const { id: confrId } = await createConference(fixture.store, app.id);
  const [deleted, kept] = [await add({ confrId }), await add({ confrId })];
  const { url } = await detailsOf(deleted.id);
  assert.equal((await fixture.call(url)).status, 200);
  const answer = await ask(`/${deleted.id}`, 'DELETE');
  assert.deepEqual([answer.status, answer.json<unknown>()], [200, { error: 0 }]);
  assert.deepEqual(
    (await listed(confrId)).map(({ id }) => id),
    [kept.id],
  );
  assert.deepEqual(idsOf(await search(`?confrId=${confrId}`)), [kept.id]);
  assert.equal((await fixture.call(url)).status, 410);
  assert.equal(await refusal(`/${deleted.id}`), NOT_FOUND);
  assert.equal(await refusal(`/${deleted.id}`, 'DELETE'), NOT_FOUND);
  await until(async () => (await fixture.objects.stat(deleted.objectKey)) === undefined);
  await until(async () => (await fixture.store.removals.find(deleted.recordingKey)) === undefined);
  assert.equal((await fixture.call(url)).status, 410);
  assert.equal(await fixture.store.recordings.list(deleted), 'duplicate');
  assert.ok(await fixture.objects.stat(kept.objectKey));
});

test('deleted while it is downloaded: who began has it whole, nobody else begins', async () => {
  // More than the buffers of a connection hold.
  const bytes = randomBytes(24 * 1024 * 1024);
  const { id, objectKey } = await fixture.addRecording(app, bytes);
  const { url } = await detailsOf(id);
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  await once(response, 'readable');
  assert.equal((await ask(`/${id}`, 'DELETE')).status, 200);
  await until(async () => (await fixture.objects.stat(objectKey)) === undefined);
  assert.equal(response.complete, false);
  assert.equal((await fixture.call(url)).status, 410);
  assert.ok((await buffer(response)).equals(bytes));
});

test('an expired one is not found, but can be deleted before its day of grace is over', async () => {
  const { id, confrId, objectKey } = await add();
  const { connection, log } = fixture.postgres;
  const db = connect({ connection, log, maxConnections: 1, statementTimeoutMs: 0 });
  await db
    .updateTable('recording')
    .set({ expireTime: new Date() })
    .where('appId', '=', app.id)
    .where('id', '=', id)
    .execute();
  await db.destroy();
  assert.deepEqual(await listed(confrId), []);
  assert.deepEqual(await search(`?confrId=${confrId}`), { recordings: [] });
  assert.equal(await refusal(`/${id}`), NOT_FOUND);
  assert.equal((await ask(`/${id}`, 'DELETE')).status, 200);
  await until(async () => (await fixture.objects.stat(objectKey)) === undefined);
});

test("an id that is none, or another app's, is not found", async () => {
  const other = await fixture.createApp();
  for (let count = 0; count < 2; count++) await fixture.addRecording(other, content);
  for (const id of ['999999', '0', '-1', '1.5', 'x', '9'.repeat(30), '1e1', '%31%00']) {
    assert.equal(await refusal(`/${id}`), NOT_FOUND, id);
    assert.equal(await refusal(`/${id}`, 'DELETE'), NOT_FOUND, id);
  }
  const path = `/v1/${other.org}/${other.name}/recordings/1`;
  assert.equal((await fixture.call(path, { method: 'DELETE', token: app.token })).status, 403);
  assert.equal((await fixture.call(path, { token: other.token })).json().id, 1);
});

test("only the app's token finds and deletes", async () => {
  const { id } = await add();
  const user = await fixture.userToken(app, 'ann');
  for (const [path, method] of [
    ['', 'GET'],
    [`/${id}`, 'GET'],
    [`/${id}`, 'DELETE'],
  ] as const) {
    assert.equal((await ask(path, method, user)).status, 403);
    assert.equal((await fixture.call(`${base}${path}`, { method })).status, 401);
  }
  assert.equal((await ask('', 'DELETE')).status, 405);
  assert.equal((await detailsOf(id)).id, id);
});

test('what retention has stopped for is told to whoever watches the service, which goes on', async () => {
  const readiness = async () => {
    const answer = await fixture.call('/readyz');
    assert.equal(answer.status, 200);
    return answer.json<unknown>();
  };
  assert.deepEqual(await readiness(), { status: 'ok' });
  const at = new Date();
  await fixture.store.retention.raise('clock', 0, 'the clock leapt', at);
  for (const appId of [app.id, app.id + 1]) await fixture.store.retention.raise('share', appId, '3 of 4', at);
  assert.deepEqual(await readiness(), {
    status: 'ok',
    warnings: [
      'retention has stopped: the clock cannot be trusted',
      'retention has stopped for an app: too many of its files would go at once, or are not in the store',
    ],
  });
});
