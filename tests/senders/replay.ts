/** Captured packets through our receiving and recording side, on virtual time: a finished file. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { type FinishedRecording, finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { specOf } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { Receiver } from '@callreel/server/sfu/receive/receiver.ts';
import type { CapturedSender } from './captured.ts';

const START_MS = 70_000;
const TICK_MS = 10;

/** `feedback`: what our side sent meanwhile. */
export type Replayed = { recording: FinishedRecording; feedback: Uint8Array[] };

export const replay = async (
  { offer: offerText, datagrams }: CapturedSender,
  videoCodecs: readonly VideoCodecName[],
  spoolDir: string,
): Promise<Replayed> => {
  let nowMs = START_MS;
  const feedback: Uint8Array[] = [];
  const choice = chooseMedia(parseOffer(offerText), { audioCodecs: ['opus'], videoCodecs });
  const { audio, video } = choice;
  const spec = specOf({
    ...(audio && { audio: { codec: 'opus', channels: audio.channels } }),
    ...(video && { video: { codec: video.name } }),
  });
  const recorder: PublicationRecorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: () => nowMs,
    requestKeyFrame: () => receiver.requestKeyFrame(nowMs),
    onError: (error) => {
      throw error;
    },
  });
  const sink = {
    handlePacket: recorder.handlePacket.bind(recorder),
    handleSenderReport: recorder.handleSenderReport.bind(recorder),
    handleSourceChange: () => recorder.resume('newSource'),
    handleLayer: recorder.handleLayer.bind(recorder),
  };
  const receiver = new Receiver({ choice, ssrc: 1, send: (bytes) => feedback.push(bytes), sink, nowMs });
  receiver.handleOpen();
  const endMs = START_MS + (datagrams.at(-1)?.arrivalMs ?? 0) + TICK_MS;
  for (let next = 0; nowMs < endMs; nowMs += TICK_MS) {
    for (let one = datagrams[next]; one !== undefined && START_MS + one.arrivalMs <= nowMs; one = datagrams[++next]) {
      receiver.handlePacket(one.bytes, START_MS + one.arrivalMs);
    }
    receiver.tick(nowMs);
    recorder.tick(nowMs);
    await nextTurn();
  }
  await recorder.close('unpublished');
  const recording = await finishRecording(spoolDir, spec.recordingKey);
  if (recording.kind === 'empty') throw new Error(`nothing was recorded: ${recording.reason}`);
  return { recording, feedback };
};
