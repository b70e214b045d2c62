import { type CaptureChoice, closeCapture, openCameraAndMicrophone } from '@callreel/client/capture.ts';
import type { Membership } from '@callreel/client/membership.ts';
import type { Publication } from '@callreel/client/publication.ts';

export type SendingState = 'silent' | 'connecting' | 'connected' | 'lost';

type TrackKind = 'audio' | 'video';

/** The tracks of a kind whose device is still there. */
const liveTracks = (stream: MediaStream, kind: TrackKind): MediaStreamTrack[] =>
  stream.getTracks().filter((track) => track.kind === kind && track.readyState === 'live');

/** What this tab sends into the call: camera and microphone in one publication, a shared screen in another. */
export class LocalMedia {
  readonly #membership: Membership;
  readonly #onChange: () => void;
  #stream: MediaStream;
  #main: Publication | undefined;
  #desktop: Publication | undefined;
  #connecting = false;

  /** Takes over `stream`: it is closed with this. */
  constructor(membership: Membership, stream: MediaStream, onChange: () => void) {
    this.#membership = membership;
    this.#stream = stream;
    this.#onChange = onChange;
  }

  get stream(): MediaStream {
    return this.#stream;
  }

  get screen(): MediaStream | undefined {
    return this.#desktop?.state === 'stopped' ? undefined : this.#desktop?.stream;
  }

  get microphoneOn(): boolean {
    return liveTracks(this.#stream, 'audio').some(({ enabled }) => enabled);
  }

  get cameraOn(): boolean {
    return liveTracks(this.#stream, 'video').some(({ enabled }) => enabled);
  }

  /** The worst of both publications' states. */
  get state(): SendingState {
    if (this.#connecting) return 'connecting';
    const states = [this.#main?.state, this.#desktop?.state];
    const order = ['lost', 'connecting', 'connected'] as const;
    return order.find((state) => states.includes(state)) ?? 'silent';
  }

  async start(): Promise<void> {
    this.#setConnecting(true);
    for (const track of this.#stream.getTracks()) track.addEventListener('ended', this.#onChange);
    try {
      this.#main = await this.#membership.publish(this.#stream, 'av', { onState: this.#onChange });
    } finally {
      this.#setConnecting(false);
    }
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.#turn('audio', on, { camera: liveTracks(this.#stream, 'video').length > 0, microphone: true });
  }

  setCamera(on: boolean): Promise<void> {
    return this.#turn('video', on, { camera: true, microphone: liveTracks(this.#stream, 'audio').length > 0 });
  }

  /** Asks for a screen and sends it. */
  async shareScreen(): Promise<void> {
    this.#setConnecting(true);
    try {
      this.#desktop = await this.#membership.shareScreen({ onState: this.#onChange });
    } finally {
      this.#setConnecting(false);
    }
  }

  async stopSharing(): Promise<void> {
    await this.#desktop?.stop();
  }

  /** Resumes what was lost, or starts what never came to be. */
  async reconnect(): Promise<void> {
    if (this.#main === undefined) return this.start();
    for (const publication of [this.#main, this.#desktop]) {
      if (publication?.state === 'lost') await publication.resume();
    }
  }

  /** Lets go of the devices. The publications end with the membership. Idempotent. */
  close(): void {
    closeCapture(this.#stream);
    if (this.screen) closeCapture(this.screen);
  }

  /** Mutes or unmutes what there is; a device that was not asked for at first, or was unplugged, is opened. */
  async #turn(kind: TrackKind, on: boolean, wanted: CaptureChoice): Promise<void> {
    const tracks = liveTracks(this.#stream, kind);
    if (tracks.length === 0 && on) await this.#startAnew(wanted, kind);
    for (const track of tracks) track.enabled = on;
    this.#onChange();
    // The others are told; what is off is off whether they hear of it or not.
    if (this.#main) await this.#membership.mute(this.#main, {}).catch(() => undefined);
  }

  /** Another device needs a new publication: one connection's sections are fixed. */
  async #startAnew(wanted: CaptureChoice, turnedOn: TrackKind): Promise<void> {
    const stream = await openCameraAndMicrophone(wanted);
    // Who is muted stays muted.
    for (const track of stream.getTracks()) {
      track.enabled = track.kind === turnedOn || (track.kind === 'audio' ? this.microphoneOn : this.cameraOn);
    }
    await this.#main?.stop();
    closeCapture(this.#stream);
    this.#stream = stream;
    await this.start();
  }

  #setConnecting(connecting: boolean): void {
    this.#connecting = connecting;
    this.#onChange();
  }
}
