/** A media process without media: answers every offer that begins as SDP does, and dies or loses a connection when told to. */
import type { PubStreamId } from '@callreel/contract/ids.ts';
import type { MediaEvent } from '../sfu/protocol.ts';
import type { SpawnMediaProcess } from './media-pool.ts';

type Process = { onEvent: (event: MediaEvent) => void; onExit: () => void };

export class ScriptedMedia {
  /** What was asked, as `kind publicationId`. */
  readonly asked: string[] = [];
  #process: Process | undefined;
  spawned = 0;

  readonly spawn: SpawnMediaProcess = (_index, onEvent, onExit) => {
    this.spawned += 1;
    this.#process = { onEvent, onExit };
    return {
      request: async (request) => {
        this.asked.push('publicationId' in request ? `${request.kind} ${request.publicationId}` : request.kind);
        if (request.kind === 'end') return { kind: 'ended' };
        if (request.kind === 'stats') return { kind: 'unknown' };
        if (request.offer.startsWith('v=0')) return { kind: 'answered', answer: 'v=0 answer' };
        return { kind: 'illegalSdp', description: 'line 1 must be v=0' };
      },
      close: async () => {},
    };
  };

  connect(publicationId: PubStreamId): void {
    this.#process?.onEvent({ kind: 'connected', publicationId });
  }

  lose(publicationId: PubStreamId): void {
    this.#process?.onEvent({ kind: 'lost', publicationId, why: 'no packets for 5 s' });
  }

  die(): void {
    this.#process?.onExit();
  }
}
