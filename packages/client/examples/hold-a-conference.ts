/** Creates a conference that is recorded, with a merged file of everyone, and sends camera and microphone into it. */
import { type CallreelApi, joinConference, type Membership, openCameraAndMicrophone } from '@callreel/client';

export const holdConference = async (api: CallreelApi): Promise<Membership> => {
  const { id, password } = await api.createConference({ password: 'open sesame', rec: true, recMerge: true });
  const membership = await joinConference(api, id, { password, nickname: 'Ann' });
  const camera = await openCameraAndMicrophone({ camera: true, microphone: true });
  await membership.publish(camera);
  return membership;
};
