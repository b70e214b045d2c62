/** An app with everything there is to reach for, and a token of each kind that might. */
import assert from 'node:assert/strict';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import type { ConfrId, UserName } from '@callreel/contract/ids.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { type Answer, type Call, OFFER_SDP, RECEIVE_SDP, type TestApp, type WebFixture } from '../api/web-fixture.ts';
import { CREDENTIALS, type CredentialName } from './table.ts';

export const PASSWORD = 'pw';
/** A user whom the tests delete. */
export const SPARE_USER = 'ulf';

export type World = {
  app: TestApp;
  other: TestApp;
  /** `acme/meet`: how paths begin. */
  base: string;
  confrId: string;
  otherConfrId: string;
  member: JoinView;
  pubStreamId: string;
  /** Of the publication's ICE session. */
  etag: string;
  /** What the member receives: his own publication. */
  subscription: { path: string; etag: string };
  recording: RecordingView;
  otherRecording: RecordingView;
  /** A user's of this app, who is none of those that call. */
  spareToken: string;
  tokens: Readonly<Record<CredentialName, string | undefined>>;
};

const ok = (answer: Answer): Answer => {
  assert.ok(answer.status < 300, answer.text);
  return answer;
};

/** Makes calls for an app, with its own token unless told otherwise. */
class AppCalls {
  readonly app: TestApp;
  readonly #fixture: WebFixture;

  constructor(fixture: WebFixture, app: TestApp) {
    this.#fixture = fixture;
    this.app = app;
  }

  async call(path: string, call: Call): Promise<Answer> {
    return ok(await this.#fixture.call(path, { token: this.app.token, ...call }));
  }

  get base(): string {
    return `${this.app.org}/${this.app.name}`;
  }

  async createConference(): Promise<string> {
    const json = { password: PASSWORD, rec: true };
    return (await this.call(`/${this.base}/conferences`, { method: 'POST', json })).json<ConferenceView>().id;
  }

  async join(confrId: string, userName: string, role: string): Promise<JoinView> {
    const path = `/v1/${this.base}/conferences/${confrId}/join`;
    return (await this.call(path, { method: 'POST', json: { userName, role } })).json<JoinView>();
  }

  async remove(path: string): Promise<void> {
    await this.call(`/${this.base}/conferences/${path}`, { method: 'DELETE' });
  }

  async publish(member: JoinView): Promise<{ pubStreamId: string; etag: string }> {
    const headers = { 'content-type': 'application/sdp' };
    const answer = await this.call(member.whip, { method: 'POST', token: member.token, body: OFFER_SDP, headers });
    const pubStreamId = answer.headers.get('location')?.split('/').at(-1) ?? '';
    return { pubStreamId, etag: answer.headers.get('etag') ?? '' };
  }

  async subscribe(member: JoinView, pubStreamId: string): Promise<World['subscription']> {
    const headers = { 'content-type': 'application/sdp' };
    const url = member.whip.replace(/whip$/, `publications/${pubStreamId}/whep`);
    const answer = await this.call(url, { method: 'POST', token: member.token, body: RECEIVE_SDP, headers });
    const path = new URL(answer.headers.get('location') ?? '').pathname;
    return { path, etag: answer.headers.get('etag') ?? '' };
  }

  async recordingOf(confrId: string): Promise<RecordingView> {
    await this.#fixture.addRecording(this.app, Buffer.from('content'), { confrId: confrId as ConfrId });
    const [view] = (await this.call(`/${this.base}/audio/${confrId}`, {})).json<RecordingView[]>();
    assert.ok(view);
    return view;
  }
}

const altered = (token: string): string => {
  const at = Math.floor(token.length / 2);
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
};

const revokedToken = async ({ tokens }: WebFixture, app: TestApp): Promise<string> => {
  const { token } = await tokens.issueApp(app, undefined);
  await tokens.revoke(token);
  return token;
};

/** Of a member of a conference that has ended, and of one who was removed from this one. */
const formerMembers = async (calls: AppCalls, confrId: string) => {
  const endedId = await calls.createConference();
  const ended = await calls.join(endedId, 'eva', 'admin');
  await calls.remove(endedId);
  const kicked = await calls.join(confrId, 'kim', 'admin');
  await calls.remove(`${confrId}/kim`);
  return { memberOfEnded: ended.token, kicked: kicked.token };
};

export const makeWorld = async (fixture: WebFixture): Promise<World> => {
  const [calls, others] = [
    new AppCalls(fixture, await fixture.createApp()),
    new AppCalls(fixture, await fixture.createApp()),
  ];
  const { app } = calls;
  const [confrId, elsewhereId, otherConfrId] = [
    await calls.createConference(),
    await calls.createConference(),
    await others.createConference(),
  ];
  const member = await calls.join(confrId, 'mia', 'talker');
  const published = await calls.publish(member);
  await fixture.store.users.create(app.id, SPARE_USER as UserName, 'no password has this hash');
  return {
    app,
    other: others.app,
    base: calls.base,
    confrId,
    otherConfrId,
    member,
    ...published,
    subscription: await calls.subscribe(member, published.pubStreamId),
    recording: await calls.recordingOf(confrId),
    otherRecording: await others.recordingOf(otherConfrId),
    spareToken: await fixture.userToken(app, SPARE_USER),
    tokens: {
      none: undefined,
      malformed: 'x.y.z',
      expired: (await fixture.tokens.issueApp(app, -1)).token,
      altered: altered(app.token),
      revoked: await revokedToken(fixture, app),
      otherApps: others.app.token,
      user: await fixture.userToken(app, 'una'),
      otherAppsUser: await fixture.userToken(others.app, 'una'),
      member: member.token,
      memberElsewhere: (await calls.join(elsewhereId, 'mia', 'admin')).token,
      ...(await formerMembers(calls, confrId)),
      audience: (await calls.join(confrId, 'aud', 'audience')).token,
      admin: (await calls.join(confrId, 'adi', 'admin')).token,
      app: app.token,
    },
  };
};

/** Everything that a call which is refused must leave as it is. */
export const traceOf = async (fixture: WebFixture, world: World): Promise<unknown> => {
  const { app, base, confrId, pubStreamId, tokens } = world;
  const show = async (path: string) => (await fixture.call(path, { token: app.token })).json<unknown>();
  const verdicts = CREDENTIALS.map((name) => fixture.tokens.verify(tokens[name] ?? ''));
  return {
    conference: await show(`/${base}/conferences/${confrId}`),
    conferences: await show(`/v1/${base}/conferences`),
    recorded: await show(`/v1/${base}/conferences/${confrId}/recording`),
    recordings: await show(`/v1/${base}/recordings`),
    tokens: await Promise.all([...verdicts, fixture.tokens.verify(world.spareToken)]),
    users: [await fixture.store.users.find(app.id, SPARE_USER as UserName)],
    subscription: fixture.conferences.receiving.connectionOf(
      { appId: app.id, confrId, memberId: world.member.memberId, userName: 'mia' } as never,
      { publicationId: pubStreamId, id: world.subscription.path.split('/').at(-1) } as never,
    ),
    connection: await fixture.conferences.publishing.connectionOf(
      { appId: app.id, confrId, memberId: world.member.memberId, userName: 'mia' } as never,
      pubStreamId as never,
    ),
  };
};
