/** A user signs in, and whatever goes wrong is said in words that help. */
import { type AppAddress, CallreelApi, ClientError } from '@callreel/client';

export const signIn = async (address: AppAddress, userName: string, password: string): Promise<CallreelApi> => {
  const token = await CallreelApi.requestUserToken(address, { userName, password, ttlSeconds: 12 * 3600 });
  return new CallreelApi(address, token.access_token);
};

/** Shows what a person can do about a failure: `error.reason` is for programs, `error.message` for people. */
export const explain = (error: unknown, place: HTMLElement): void => {
  if (!(error instanceof ClientError)) throw error;
  place.dataset.reason = error.reason;
  place.textContent = error.message;
};
