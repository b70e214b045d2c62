import { type CaptureChoice, closeCapture, openCameraAndMicrophone, openScreen } from '@callreel/client/capture.ts';
import type { Membership } from '@callreel/client/membership.ts';
import type { Publication } from '@callreel/client/publication.ts';

export type SendingState = 'silent' | 'connecting' | 'connected' | 'lost';

/** What this tab sends into the call: camera and microphone in one publication, a shared screen in another. */
export class LocalMedia {
  readonly #membership: Membership;
  readonly #onChange: () => void;
  #stream: MediaStream;
  #screen: MediaStream | undefined;
  #main: Publication | undefined;
  #desktop: Publication | undefined;

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
    return this.#screen;
  }

  get microphoneOn(): boolean {
    return this.#stream.getAudioTracks().some(({ enabled }) => enabled);
  }

  get cameraOn(): boolean {
    return this.#stream.getVideoTracks().some(({ enabled }) => enabled);
  }

  /** The worst of both publications' states. */
  get state(): SendingState {
    const states = [this.#main?.state, this.#desktop?.state];
    const order = ['lost', 'connecting', 'connected'] as const;
    return order.find((state) => states.includes(state)) ?? 'silent';
  }

  async start(): Promise<void> {
    this.#main = await this.#membership.publish(this.#stream, 'av', { onState: this.#onChange });
    this.#onChange();
  }

  async setMicrophone(on: boolean): Promise<void> {
    const tracks = this.#stream.getAudioTracks();
    if (tracks.length === 0 && on)
      return this.#startAnew({ camera: this.#stream.getVideoTracks().length > 0, microphone: true });
    for (const track of tracks) track.enabled = on;
    this.#onChange();
  }

  async setCamera(on: boolean): Promise<void> {
    const tracks = this.#stream.getVideoTracks();
    if (tracks.length === 0 && on)
      return this.#startAnew({ camera: true, microphone: this.#stream.getAudioTracks().length > 0 });
    for (const track of tracks) track.enabled = on;
    this.#onChange();
  }

  /** Asks for a screen and sends it. */
  async shareScreen(): Promise<void> {
    const screen = await openScreen();
    // Browsers have a button of their own that ends the sharing.
    screen.getVideoTracks()[0]?.addEventListener('ended', () => void this.stopSharing());
    this.#screen = screen;
    this.#onChange();
    try {
      this.#desktop = await this.#membership.publish(screen, 'desktop', { onState: this.#onChange });
    } catch (error) {
      this.#closeScreen();
      throw error;
    }
    this.#onChange();
  }

  async stopSharing(): Promise<void> {
    const desktop = this.#desktop;
    this.#closeScreen();
    await desktop?.stop();
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
    this.#closeScreen();
  }

  /** A device that was not asked for at first needs a new publication: one connection's sections are fixed. */
  async #startAnew(wanted: CaptureChoice): Promise<void> {
    const stream = await openCameraAndMicrophone(wanted);
    await this.#main?.stop();
    closeCapture(this.#stream);
    this.#stream = stream;
    await this.start();
  }

  #closeScreen(): void {
    if (this.#screen !== undefined) closeCapture(this.#screen);
    this.#screen = undefined;
    this.#desktop = undefined;
    this.#onChange();
  }
}
