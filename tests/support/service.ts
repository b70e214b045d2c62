/** The service under test, and the calls that an application's server makes to it. */
import { CallreelApi } from '@callreel/client/callreel-api.ts';
import type { CreateConferenceBody } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { Service, type ServiceOptions } from '@callreel/synthetic/service.ts';

const TOKEN_TTL_SECONDS = 3600;
const POLL_EVERY_MS = 200;

export type TestService = { service: Service; api: CallreelApi; token: string };

/** Starts the service and signs in to its app. */
export const startTestService = async (options: ServiceOptions = {}): Promise<TestService> => {
  const service = await Service.start(options);
  try {
    const token = await appToken(service);
    return { service, token, api: apiWith(service, token) };
  } catch (error) {
    await service.stop();
    throw error;
  }
};

export const apiWith = ({ url, credentials }: Service, token: string): CallreelApi =>
  new CallreelApi({ baseUrl: url, org: credentials.org, app: credentials.app }, token);

export const appToken = async ({ url, credentials }: Service): Promise<string> => {
  const { org, app, clientId, clientSecret } = credentials;
  const address = { baseUrl: url, org, app };
  return (await CallreelApi.requestToken(address, { clientId, clientSecret, ttlSeconds: TOKEN_TTL_SECONDS }))
    .access_token;
};

/** Creates a conference and gives its id. Recorded, unless told otherwise. */
export const createCall = async (api: CallreelApi, settings: CreateConferenceBody = { rec: true }): Promise<string> =>
  (await api.createConference(settings)).id;

/** Asks for a conference's files until `enough` says so; throws, with what was listed, when the time is up. */
export const waitForRecordings = async (
  api: CallreelApi,
  confrId: string,
  enough: (recordings: readonly RecordingView[]) => boolean,
  limitMs = 30_000,
): Promise<RecordingView[]> => {
  const giveUp = AbortSignal.timeout(limitMs);
  for (;;) {
    const recordings = await api.recordingsOf(confrId);
    if (enough(recordings)) return recordings;
    if (giveUp.aborted) throw new Error(`after ${limitMs} ms only these are listed: ${JSON.stringify(recordings)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
};
