import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { WebFixture } from './web-fixture.ts';

test('a stop does not wait for a client that takes hours over a file', { timeout: 60_000 }, async () => {
  const fixture = await WebFixture.start({}, { closeGraceMs: 50 });
  const app = await fixture.createApp();
  const { confrId } = await fixture.addRecording(app, new Uint8Array(8 * 1024 * 1024));
  const answer = await fixture.call(`/${app.org}/${app.name}/audio/${confrId}`, { token: app.token });
  const [view] = answer.json<RecordingView[]>();
  assert.ok(view);
  const sent = get(view.url);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  const cut = new Promise((resolve) => response.once('close', resolve));
  await fixture.stop();
  response.resume();
  await cut;
  assert.equal(response.complete, false);
});
