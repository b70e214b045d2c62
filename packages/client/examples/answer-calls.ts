/** Can be rung, and asks whether to take each call. */
import { type Call, type CallreelApi, openCameraAndMicrophone, openLine, type UserLine } from '@callreel/client';

export const answerCalls = async (
  api: CallreelApi,
  wantsToTalk: (call: Call) => Promise<boolean>,
): Promise<UserLine> => {
  const line = await openLine(api);
  line.on('incoming', async (call) => {
    if (!(await wantsToTalk(call))) return call.refuse();
    const membership = await call.accept();
    await membership.publish(await openCameraAndMicrophone({ camera: true, microphone: true }));
    call.on('state', (state) => console.log(`The call with ${call.from} is ${state}; its recordings: ${call.confrId}`));
  });
  return line;
};
