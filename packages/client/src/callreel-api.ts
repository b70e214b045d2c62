import type { StartCallBody, StartCallView } from '@callreel/contract/calls.ts';
import type {
  ConferenceView,
  ConferenceWithMembers,
  CreateConferenceBody,
  JoinBody,
  JoinView,
} from '@callreel/contract/conference.ts';
import type { RecordingPage, RecordingView, ReportedRecording } from '@callreel/contract/recording.ts';
import { type ParamName, pathOf, ROUTES } from '@callreel/contract/routes.ts';
import type { RecordingTimeline } from '@callreel/contract/timeline.ts';
import type { TokenView } from '@callreel/contract/token.ts';
import { ClientError } from './client-error.ts';
import { request } from './request.ts';

export type AppAddress = {
  /** Where the service answers, without a slash at the end; '' for the page's own origin. */
  baseUrl: string;
  org: string;
  app: string;
};

export type AppCredentials = {
  clientId: string;
  clientSecret: string;
  /** How long the token is good for, in seconds. */
  ttlSeconds: number;
};

export type NewestQuery = {
  /** `yyyyMMddHHmmss` in the service's display time zone; both ends count. */
  beginTime: string;
  endTime: string;
  /** 1 to 100. */
  length: number;
  mergedOnly?: boolean;
  /** That of the page before. */
  cursor?: string | undefined;
};

export type UserCredentials = {
  userName: string;
  password: string;
  /** How long the token is good for, in seconds. */
  ttlSeconds: number;
};

/** The REST calls of one app, made with its token or, as far as they are his, a user's. Every method throws ClientError. */
export class CallreelApi {
  readonly #address: AppAddress;
  readonly #token: string;

  constructor(address: AppAddress, token: string) {
    this.#address = address;
    this.#token = token;
  }

  /** Exchanges a user's name and password for a token, with which he creates and joins conferences, and calls others. */
  static async requestUserToken(address: AppAddress, credentials: UserCredentials): Promise<TokenView> {
    const { baseUrl, org, app } = address;
    const { userName: username, password, ttlSeconds: ttl } = credentials;
    const response = await request(baseUrl + pathOf(ROUTES.token, { org, app }), {
      method: 'POST',
      json: { grant_type: 'password', username, password, ttl },
    });
    return (await response.json()) as TokenView;
  }

  /** Exchanges an app's client id and secret for a token. */
  static async requestToken(address: AppAddress, credentials: AppCredentials): Promise<TokenView> {
    const { baseUrl, org, app } = address;
    const response = await request(baseUrl + pathOf(ROUTES.token, { org, app }), {
      method: 'POST',
      json: {
        grant_type: 'client_credentials',
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        ttl: credentials.ttlSeconds,
      },
    });
    return (await response.json()) as TokenView;
  }

  createConference(settings: CreateConferenceBody): Promise<ConferenceView> {
    return this.#call('POST', this.#url(ROUTES.ownConferences, {}), settings);
  }

  conference(confrId: string): Promise<ConferenceWithMembers> {
    return this.#call('GET', this.#url(ROUTES.conference, { confrId }));
  }

  /** Ends the call for everyone; what was recorded is finished and kept. */
  async endConference(confrId: string): Promise<void> {
    await request(this.#url(ROUTES.conference, { confrId }), { method: 'DELETE', token: this.#token });
  }

  join(confrId: string, body: JoinBody): Promise<JoinView> {
    return this.#call('POST', this.#url(ROUTES.join, { confrId }), body);
  }

  /** A recording in full: the facts of its file, and how complete it is. */
  recording(id: number): Promise<ReportedRecording> {
    return this.#call('GET', this.#url(ROUTES.ownRecording, { id: String(id) }));
  }

  /** Who was there, published, was silenced and spoke while it was made, in the times of its file. */
  timeline(id: number): Promise<RecordingTimeline> {
    return this.#call('GET', this.#url(ROUTES.recordingTimeline, { id: String(id) }));
  }

  /** Rings another user; what comes of it is told by `userEvents`. With a user's token. */
  async startCall(body: StartCallBody): Promise<StartCallView> {
    try {
      return await this.#call('POST', this.#url(ROUTES.calls, {}), body);
    } catch (error) {
      const isBusyHimself = error instanceof ClientError && error.reason === 'callOver';
      throw isBusyHimself ? ClientError.ofCall('inCall', error.detail) : error;
    }
  }

  /** Where a user hears of his calls, as the device of this name. */
  userEvents(device: string): { url: string; token: string } {
    return { url: `${this.#url(ROUTES.userEvents, {})}?device=${encodeURIComponent(device)}`, token: this.#token };
  }

  /** All files of one call, merged ones included, ascending by id. */
  recordingsOf(confrId: string): Promise<RecordingView[]> {
    return this.#call('GET', this.#url(ROUTES.recordingsOfConference, { confrId }));
  }

  /** One page of the files listed in a span of time, the newest first. */
  newestRecordings({ beginTime, endTime, length, mergedOnly = false, cursor }: NewestQuery): Promise<RecordingPage> {
    const query = new URLSearchParams({ beginTime, endTime, limit: String(length) });
    if (mergedOnly) query.set('recordType', 'MERGE_ALL');
    if (cursor !== undefined) query.set('cursor', cursor);
    return this.#call('GET', `${this.#url(ROUTES.ownRecordings, {})}?${query}`);
  }

  #url<Route extends string>(route: Route, params: Record<Exclude<ParamName<Route>, 'org' | 'app'>, string>): string {
    const { baseUrl, org, app } = this.#address;
    return baseUrl + pathOf<string>(route, { ...params, org, app });
  }

  async #call<Answer>(method: 'GET' | 'POST', url: string, json?: unknown): Promise<Answer> {
    const response = await request(url, { method, token: this.#token, json });
    return (await response.json()) as Answer;
  }
}
