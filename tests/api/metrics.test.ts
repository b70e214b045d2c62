import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConferenceView } from '@callreel/contract/conference.ts';
import type { MediaProcessStats } from '@callreel/server/sfu/protocol.ts';
import { type Answer, type TestApp, WebFixture } from './web-fixture.ts';

const TOKEN = 'operators-token-0123456789';
const AWAY = { 'x-forwarded-for': '192.0.2.1' };

let fixture: WebFixture;
let app: TestApp;
let base: string;

const SOURCE = { track: 'video', ssrc: 1, packets: 10, payloadBytes: 9000, senderReports: 1 } as const;
const PUBLICATION = {
  ...{ publicationId: 'rtc-10-aaaaaaa_C1M1', connection: 'live', ignoredPackets: 0, allowedBitsPerSecond: 0 },
  ...{ pictureSize: undefined, keyFrames: 1, keyFrameRequests: 0, roundTripMs: undefined },
  sources: [{ ...SOURCE, lost: 3, recovered: 2, unrecovered: 1 }],
};
const STATS = { rtcPort: 1, cpuMs: 1500, residentBytes: 4096, publications: [PUBLICATION] };

before(async () => {
  const spawnMedia = () => ({
    request: async () => ({ kind: 'stats' as const, stats: STATS as unknown as MediaProcessStats }),
    close: async () => {},
  });
  const jobFigures = async () => [{ name: 'finish', waiting: 1, deferred: 2, active: 3, failed: 4 }];
  fixture = await WebFixture.start({ CALLREEL_METRICS_TOKEN: TOKEN }, { spawnMedia, jobFigures });
  app = await fixture.createApp('Secretive', 'Unnamed');
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const read = async (): Promise<Map<string, number>> => {
  const answer = await fixture.call('/metrics');
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.ok(answer.text.endsWith('\n'));
  const lines = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = lines.map((line) => {
    const [, name = '', value = ''] = /^([a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (\S+)$/.exec(line) ?? [];
    assert.ok(name && Number.isFinite(Number(value)), line);
    return [name, Number(value)] as const;
  });
  assert.equal(new Set(series.map(([name]) => name)).size, series.length, 'each series once');
  return new Map(series);
};

test('calls are counted by their route and status, and nothing tells whose they are', async () => {
  await fixture.call(`${base}/audio/IM_X1C1`, { token: app.token });
  await fixture.call(`${base}/audio/IM_X1C1`);
  await fixture.call(`/no/such/path/${app.org}`);
  const series = await read();
  const route = 'method="GET",route="/:org/:app/audio/:confrId"';
  assert.equal(series.get(`callreel_http_requests_total{${route},status="200"}`), 1);
  assert.equal(series.get(`callreel_http_requests_total{${route},status="401"}`), 1);
  assert.equal(series.get('callreel_http_requests_total{method="GET",route="none",status="404"}'), 1);
  assert.equal(series.get(`callreel_http_request_duration_seconds_count{${route}}`), 2);
  assert.equal(series.get(`callreel_http_request_duration_seconds_bucket{${route},le="+Inf"}`), 2);
  assert.doesNotMatch([...series.keys()].join('\n'), /secretive|unnamed/i);
});

test('what runs, what was received, what is listed and what waits', async () => {
  const made = await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json: {} });
  const { id } = made.json<ConferenceView>();
  const join = { method: 'POST', token: app.token, json: { userName: 'ann' } };
  await fixture.call(`/v1${base}/conferences/${id}/join`, join);
  await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json: {} });
  await fixture.addRecording(app, Buffer.from('content'));
  const series = await read();
  const expected = {
    'callreel_conferences{state="running"}': 1,
    'callreel_conferences{state="waiting"}': 1,
    'callreel_members{role="talker"}': 1,
    'callreel_publications{state="open"}': 0,
    'callreel_media_process_up{process="0"}': 1,
    'callreel_media_process_cpu_seconds_total{process="0"}': 1.5,
    'callreel_media_packets_received_total{track="video"}': 10,
    'callreel_media_packets_received_total{track="audio"}': 0,
    'callreel_media_packets_lost_total{track="video"}': 3,
    callreel_recordings_listed_total: 1,
    'callreel_jobs{queue="finish",state="waiting"}': 1,
    'callreel_jobs{queue="finish",state="failed"}': 4,
    callreel_database_up: 1,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(series.get(name), value, name);
  for (const name of ['process_resident_memory_bytes', 'callreel_disk_free_bytes', 'process_start_time_seconds']) {
    assert.ok((series.get(name) ?? 0) > 0, name);
  }
});

test("whoever is not on this machine, or comes through a proxy on it, needs the operator's token", async () => {
  const away = (token?: string, headers: Record<string, string> = AWAY): Promise<Answer> =>
    fixture.call('/metrics', { headers, ...(token !== undefined && { token }) });
  assert.equal((await away(TOKEN)).status, 200);
  for (const token of [undefined, app.token, `${TOKEN}x`, TOKEN.slice(1), '']) {
    const refused = await away(token);
    assert.equal(refused.status, 403, token);
    assert.equal(refused.json().error, 'forbidden_op');
    assert.doesNotMatch(refused.text, /callreel_/);
  }
  for (const name of ['Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'CF-Connecting-IP']) {
    assert.equal((await away(undefined, { [name]: '127.0.0.1' })).status, 403, name);
  }
  assert.equal((await fixture.call('/metrics', { method: 'HEAD', headers: AWAY })).status, 403);
  assert.doesNotMatch(fixture.logged.join('\n'), new RegExp(TOKEN));
});

test('a proxy that is trusted makes nobody a caller on this machine; where no token is set none is right', async () => {
  const proxied = await WebFixture.start({ CALLREEL_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    for (const token of ['', 'undefined', TOKEN]) {
      assert.equal((await proxied.call('/metrics', { headers, token })).status, 403, token);
    }
    assert.equal((await proxied.call('/metrics')).status, 200);
  } finally {
    await proxied.stop();
  }
});

test('guesses at the token are slowed', async () => {
  const slow = await WebFixture.start({ CALLREEL_METRICS_TOKEN: TOKEN, CALLREEL_RATES: 'address=1' });
  try {
    const statuses = [];
    for (let guess = 0; guess < 3; guess += 1) {
      statuses.push((await slow.call('/metrics', { headers: AWAY, token: `guess-${guess}` })).status);
    }
    assert.deepEqual(statuses, [403, 403, 429]);
    assert.equal((await slow.call('/metrics', { headers: AWAY, token: TOKEN })).status, 200);
  } finally {
    await slow.stop();
  }
});

test('without the database the rest is told, and that it is away', async () => {
  await fixture.postgres.server.stop();
  const series = await read();
  assert.equal(series.get('callreel_database_up'), 0);
  assert.equal(series.has('callreel_recordings_listed_total'), false);
  assert.ok(series.has('callreel_conferences{state="running"}'));
});
