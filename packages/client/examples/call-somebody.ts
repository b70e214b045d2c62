/** Rings a user; whoever answers is seen and heard, and the call is recorded. */
import { type Call, type Membership, openCameraAndMicrophone, type UserLine } from '@callreel/client';

/** Throws ClientError at once where the other is busy or not there. */
export const ring = (line: UserLine, userName: string): Promise<Call> => line.call(userName, { rec: true });

/** Resolves when the call is up; throws ClientError where it is refused, or nobody answers. */
export const talk = async (call: Call): Promise<Membership> => {
  const membership = await call.connected;
  await membership.publish(await openCameraAndMicrophone({ camera: true, microphone: true }));
  return membership;
};
