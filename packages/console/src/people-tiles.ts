import type { Membership } from '@callreel/client/membership.ts';
import type { Subscription } from '@callreel/client/subscription.ts';
import type { ConferenceState, PublicationInfo } from '@callreel/contract/events.ts';
import { nameOf } from './members-panel.ts';
import { cloneTemplate, find, part, setWords } from './page.ts';

/** A service that is busy may have room a moment later. */
const AGAIN_MS = 2_000;

type Tile = { element: HTMLElement; subscription: Subscription | undefined };

/** The pictures and the sound of all others. */
export class PeopleTiles {
  readonly #gallery: HTMLElement;
  readonly #membership: Membership;
  readonly #tiles = new Map<string, Tile>();
  readonly #stop: () => void;
  #closed = false;

  constructor(root: HTMLElement, membership: Membership) {
    this.#gallery = part(root, 'gallery', HTMLElement);
    this.#membership = membership;
    this.#stop = membership.on('state', (state) => this.#show(state));
    this.#show(membership.state);
  }

  /** The subscriptions end with the membership. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #show(state: ConferenceState): void {
    const others = state.publications.filter(({ memberId }) => memberId !== this.#membership.memberId);
    for (const [id, { element }] of this.#tiles) {
      if (others.some(({ pubStreamId }) => pubStreamId === id)) continue;
      element.remove();
      this.#tiles.delete(id);
    }
    for (const publication of others) this.#describe(this.#tileOf(publication), publication, state);
    this.#gallery.dataset.people = String(others.length);
  }

  #tileOf({ pubStreamId }: PublicationInfo): Tile {
    const known = this.#tiles.get(pubStreamId);
    if (known) return known;
    const tile: Tile = { element: cloneTemplate('person-tile'), subscription: undefined };
    this.#tiles.set(pubStreamId, tile);
    // One's own are the last.
    this.#gallery.insertBefore(tile.element, this.#gallery.lastElementChild);
    void this.#receive(pubStreamId, tile);
    return tile;
  }

  async #receive(pubStreamId: string, tile: Tile): Promise<void> {
    try {
      tile.subscription = await this.#membership.subscribe(pubStreamId);
      find(tile.element, 'video', HTMLVideoElement).srcObject = tile.subscription.stream;
    } catch {
      // What has ended meanwhile is not shown any more.
      setTimeout(() => {
        if (!this.#closed && this.#tiles.get(pubStreamId) === tile) void this.#receive(pubStreamId, tile);
      }, AGAIN_MS);
    }
  }

  #describe({ element }: Tile, publication: PublicationInfo, { members, speaking }: ConferenceState): void {
    const { memberId, kind, video, videoOff, lost } = publication;
    const member = members.find((each) => each.memberId === memberId);
    const name = member ? nameOf(member) : '';
    element.dataset.kind = kind;
    element.dataset.speaking = String(kind === 'av' && speaking.includes(memberId));
    const caption = find(element, 'figcaption', HTMLElement);
    if (kind === 'desktop') setWords(caption, 'room.screenOf', { name });
    else caption.textContent = name;
    const empty = part(element, 'empty', HTMLElement);
    empty.hidden = video !== null && !videoOff && !lost;
    setWords(empty, lost ? 'room.theyAreLost' : 'room.theirPictureOff');
  }
}
