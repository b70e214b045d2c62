/** What Firefox does in a page to publish. */
import type * as Capture from '@callreel/client/capture.ts';
import type * as PublicationModule from '@callreel/client/publication.ts';
import type { Firefox } from './firefox.ts';
import type { WhipTarget } from './publishing-program.ts';

/** Publishes for so long with the browser SDK, in a page of the service's own origin, and ends it. */
export const publishByFirefox = (firefox: Firefox, target: WhipTarget, durationMs: number): Promise<void> =>
  firefox.evaluate(
    async ({ whipUrl, token, durationMs }) => {
      const load = (name: string): Promise<unknown> => import(`/assets/client/${name}.ts`);
      const capture = (await load('capture')) as typeof Capture;
      const { publish } = (await load('publication')) as typeof PublicationModule;
      const stream = await capture.openCameraAndMicrophone({ camera: true, microphone: true });
      const publication = await publish({ whipUrl, token, stream, kind: 'av' });
      await new Promise((resolve) => setTimeout(resolve, durationMs));
      await publication.stop();
    },
    { ...target, durationMs },
  );

/** Without an SDK, small and slow: for packets that are to be kept. */
export const publishSmallByFirefox = (firefox: Firefox, whipUrl: string, durationMs: number): Promise<void> =>
  firefox.evaluate(
    async ({ whipUrl, durationMs }) => {
      const video = { width: 320, height: 180, frameRate: 15 };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
      const connection = new RTCPeerConnection();
      for (const track of stream.getTracks()) {
        const encoding = track.kind === 'video' ? { maxBitrate: 200_000, scaleResolutionDownBy: 4 } : {};
        connection.addTransceiver(track, { direction: 'sendonly', sendEncodings: [encoding] });
      }
      await connection.setLocalDescription();
      const gathered = (): boolean => connection.iceGatheringState === 'complete';
      while (!gathered()) await new Promise((resolve) => setTimeout(resolve, 20));
      const body = connection.localDescription?.sdp ?? '';
      const answer = await fetch(whipUrl, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
      await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
      await new Promise((resolve) => setTimeout(resolve, durationMs));
      connection.close();
    },
    { whipUrl, durationMs },
  );
