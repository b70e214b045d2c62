import type { ConferenceView, CreateConferenceBody, JoinView } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { pathOf, ROUTES } from '@callreel/contract/routes.ts';
import type { TokenView } from '@callreel/contract/token.ts';
import type { ServiceCredentials } from '@callreel/synthetic/service.ts';
import { DemoError } from './demo-error.ts';

export type Json = { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: unknown; token?: string };

/** A call as one would type it; the token stands in a variable of the shell. */
export const curlOf = (baseUrl: string, { method, path, body, token }: Json): string =>
  [
    'curl -s',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...(token === undefined ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`]),
    `'${baseUrl}${path}'`,
  ].join(' ');

/** `yyyyMMddHHmmss` in a time zone: how the span calls take a moment. */
export const toSpanTime = (moment: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    .format(moment)
    .replace(/\D/g, '');

/** The calls that an application's server makes. */
export class Calls {
  readonly baseUrl: string;
  readonly #app: { org: string; app: string };
  #token = '';

  constructor(baseUrl: string, { org, app }: ServiceCredentials) {
    this.baseUrl = baseUrl;
    this.#app = { org, app };
  }

  /** The request for a token, to be shown; `signIn` makes it. */
  tokenRequest({ clientId, clientSecret }: ServiceCredentials): Json {
    const body = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    return { method: 'POST', path: pathOf(ROUTES.token, this.#app), body };
  }

  async signIn(credentials: ServiceCredentials): Promise<void> {
    const { access_token } = await this.send<TokenView>(this.tokenRequest(credentials));
    this.#token = access_token;
  }

  createConference(body: CreateConferenceBody): Promise<ConferenceView> {
    return this.send({ method: 'POST', path: pathOf(ROUTES.conferences, this.#app), body, token: this.#token });
  }

  join(confrId: string, userName: string): Promise<JoinView> {
    const path = pathOf(ROUTES.join, { ...this.#app, confrId });
    return this.send({ method: 'POST', path, body: { userName, role: 'talker' }, token: this.#token });
  }

  /** Says goodbye with the member's own token. */
  async leave({ leave, token }: JoinView): Promise<void> {
    await this.send({ method: 'DELETE', path: leave.slice(this.baseUrl.length), token });
  }

  /** The four calls that fetch recordings. */
  retrieval(confrId: string, userName: string, since: string, until: string): Record<1 | 2 | 3 | 4, Json> {
    const span = { ...this.#app, beginTime: since, endTime: until, startId: '0', length: '100' };
    const get = (path: string): Json => ({ method: 'GET', path, token: this.#token });
    return {
      1: get(pathOf(ROUTES.recordingsOfConference, { ...this.#app, confrId })),
      2: get(pathOf(ROUTES.recordingsBySpan, span)),
      3: get(pathOf(ROUTES.mergedBySpan, span)),
      4: get(pathOf(ROUTES.recordingsOfUser, { ...this.#app, userName, confrId })),
    };
  }

  recordingsOf(confrId: string): Promise<RecordingView[]> {
    const path = pathOf(ROUTES.recordingsOfConference, { ...this.#app, confrId });
    return this.send({ method: 'GET', path, token: this.#token });
  }

  /** Throws DemoError where the answer is no success. */
  async send<Answer>({ method, path, body, token }: Json): Promise<Answer> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw DemoError.callRefused(method, path, response.status, text);
    return JSON.parse(text) as Answer;
  }
}
