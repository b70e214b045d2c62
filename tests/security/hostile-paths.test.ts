/** Paths and queries that mean harm, or that a broken client makes: each is answered as the contract says, and leaves no trace. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestApp, WebFixture } from '../api/web-fixture.ts';
import { callRaw } from './raw-call.ts';
import { heldBytes, readTraces } from './traces.ts';

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
  await fixture.addRecording(app, Buffer.from('a file'));
});
after(() => fixture?.stop());

/** What the path ends in, and what is answered. `[]`: 200 with an empty list. */
type Row = readonly [path: string, answer: string];

const GOOD = '20190101080607';
const LONG = 'a'.repeat(5000);
const WIDE = encodeURIComponent('２０１９０１０１０８０６０７');

const wrongTimes = [
  '',
  '%20',
  '2019',
  '2019010108060',
  '201901010806071',
  '20190229000000',
  '20190431000000',
  '20190100000000',
  '20190001000000',
  '20191301000000',
  '20190101240000',
  '20190101006000',
  '20190101000060',
  '00000101000000',
  '-2019010108060',
  '+2019010108060',
  '2019-01-01T0800',
  '2019010108060%00',
  '20190101080607%0A',
  '%2020190101080607',
  '0x201901010806',
  '1e13',
  'now',
  WIDE,
  encodeURIComponent('٢٠١٩٠١٠١٠٨٠٦٠٧'),
  '1546300800000',
  LONG,
  '%27%20or%201=1--',
  '%24%7B7*7%7D',
];
const wrongIntegers = [
  '',
  '%20',
  '-1',
  '-0',
  '+1',
  '1.5',
  '1,5',
  '1e3',
  '0x10',
  'x',
  'NaN',
  'Infinity',
  '%00',
  '1%00',
  '1%0A',
];
const wrongIds = [
  ...wrongIntegers,
  '9007199254740992',
  '9'.repeat(400),
  encodeURIComponent('１'),
  LONG,
  '1;drop',
  '%271%27',
];
const wrongLengths = [...wrongIntegers, '0', '00', '-999', encodeURIComponent('１０'), LONG];

const timeRows = wrongTimes.flatMap((wrong): Row[] => {
  const answer = '400 illegal_argument';
  return [`audio/${wrong}/${GOOD}/0/1`, `audio/${GOOD}/${wrong}/0/1`, `audio/merge/${wrong}/${GOOD}/0/1`].map(
    (path) => [path, answer],
  );
});

const spanRows: Row[] = [
  ...wrongIds.map((wrong): Row => [`audio/${GOOD}/${GOOD}/${wrong}/1`, '400 illegal_argument']),
  ...wrongLengths.map((wrong): Row => [`audio/merge/${GOOD}/${GOOD}/0/${wrong}`, '400 illegal_argument']),
  ...['101', '9'.repeat(5000), '00101'].map(
    (long): Row => [`audio/${GOOD}/${GOOD}/0/${long}`, '500 length_exceeds_limit'],
  ),
  ['audio/20190101080608/20190101080607/0/1', '400 illegal_argument'],
  ['audio/00010101000000/99991231235959/9007199254740991/100', '[]'],
];

/** What climbs, hides or ends a text early. The retrieval calls know nothing of such a conference; all else has no such thing. */
const strange = [
  '%2e%2e',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%2f..%2f',
  '..%5c..%5c',
  '%2f',
  '%2F%2F',
  '%00',
  'IM_X1C1%00',
  '%00IM_X1C1',
  'IM_X1C1%0d%0aSet-Cookie:%20a=b',
  'IM_X1C1%20',
  encodeURIComponent('IM_X１C１'),
  'im_x1c1',
  'IM_X-1C1',
  'IM_X1.5C1',
  `IM_X${'9'.repeat(400)}C1`,
  '%252e%252e',
  '%ef%bc%8f',
  '%e2%80%ae',
  '%F0%9F%92%A9',
  '%27%3bdrop%20table%20recording%3b--',
  '%7b%7b7*7%7d%7d',
  '*',
  LONG,
];

const pathRows: Row[] = strange.flatMap((segment): Row[] => [
  [`audio/${segment}`, '[]'],
  [`audio/${segment}/IM_X1C1`, '[]'],
  [`audio/user1/${segment}`, '[]'],
  [`conferences/${segment}`, '404 service_resource_not_found'],
]);

const BROKEN = ['%', '%z', '%zz', '%c0%ae', '%ff', '%ed%a0%80'];
const brokenRows: Row[] = BROKEN.map((segment) => [`audio/${segment}`, '400 illegal_argument']);

const expectAnswer = async (path: string, expected: string): Promise<void> => {
  const answer = await callRaw(fixture, { path, token: app.token });
  const told = answer.status === 200 ? answer.body : `${answer.status} ${answer.error}`;
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  assert.equal(told, expected, shown);
  assert.match(answer.head, /\r\nx-request-id: [\da-f-]{36}/i, shown);
  assert.doesNotMatch(answer.head, /set-cookie/i);
  assert.doesNotMatch(answer.body, /node_modules|select |\bat \/|callreel-web-|127\.0\.0\.1/);
};

const expectAll = async (rows: readonly Row[]): Promise<void> => {
  const before = await readTraces(fixture);
  for (const [path, expected] of rows) await expectAnswer(`${base}/${path}`, expected);
  assert.deepEqual(await readTraces(fixture), before);
};

test('times of another form and dates that do not exist', () => expectAll(timeRows));

test('ids and lengths that are negative, fractional, huge, empty or in other digits', () => expectAll(spanRows));

test('segments that climb, hide, end early or go on for 5,000 characters', () => expectAll(pathRows));

test('what is wrongly encoded', () => expectAll(brokenRows));

test('such ids are those of no recording', async () => {
  const ids = [...wrongIds, ...strange].filter((id) => id !== '');
  const before = await readTraces(fixture);
  for (const id of ids) {
    for (const path of [`recordings/${id}`, `recordings/${id}/timeline`]) {
      await expectAnswer(`/v1${base}/${path}`, '404 service_resource_not_found');
    }
  }
  assert.deepEqual(await readTraces(fixture), before);
});

test('an org and an app of any such form are none', async () => {
  const before = await readTraces(fixture);
  for (const segment of strange) {
    await expectAnswer(`/${segment}/${app.name}/audio/IM_X1C1`, '404 organization_application_not_found');
    await expectAnswer(`/${app.org}/${segment}/audio/IM_X1C1`, '404 organization_application_not_found');
  }
  assert.deepEqual(await readTraces(fixture), before);
});

test('paths are taken as they are: dots and doubled slashes are not resolved', async () => {
  for (const path of [
    `${base}/../${app.name}/audio/IM_X1C1`,
    `/${base}/audio/IM_X1C1`,
    `${base}//audio/IM_X1C1`,
    `${base}/./audio/IM_X1C1`,
  ]) {
    const { status } = await callRaw(fixture, { path, token: app.token });
    assert.equal(status, 404, path);
  }
});

test('the whole of a system is not reachable through assets or files', async () => {
  const climbs = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '....//', '%252e%252e%252f', '/', '%00'];
  for (const climb of climbs) {
    for (const root of ['/assets/console/', '/files/', '/docs/']) {
      const path = `${root}${climb.repeat(8)}etc/passwd`;
      const { status, body } = await callRaw(fixture, { path });
      assert.ok([400, 403, 404].includes(status), `${status} ${path}`);
      assert.doesNotMatch(body, /root:/);
    }
  }
});

test('thousands of such calls hold no memory', async () => {
  const paths = [
    `audio/${LONG}`,
    `conferences/${LONG}`,
    `audio/${GOOD}/${GOOD}/0/${'9'.repeat(5000)}`,
    `audio/${WIDE}/${GOOD}/0/1`,
  ];
  const ask = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      const unlike = `${count}`.padStart(6, '0');
      await Promise.all(paths.map((path) => fixture.call(`${base}/${path}${unlike}`, { token: app.token })));
      await fixture.call(`/${unlike}/${LONG}/audio/x`);
      fixture.logged.length = 0;
    }
  };
  await ask(50);
  const before = await heldBytes();
  await ask(200);
  // Each sent 25 kB: to keep them would be 5 MB and more.
  const more = (await heldBytes()) - before;
  assert.ok(more < 3 * 2 ** 20, `${more} bytes more are held`);
});
