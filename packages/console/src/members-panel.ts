import type { CallreelApi } from '@callreel/client/callreel-api.ts';
import { type ConferenceWithMembers, ROLE_NAMES } from './conference-roles.ts';
import { explain, isCallOver } from './explain.ts';
import { words } from './language.ts';
import { part, setWords, showError } from './page.ts';
import { poll } from './polling.ts';

const POLL_EVERY_MS = 2_000;

type Member = ConferenceWithMembers['mems'][number];

const bareName = (memberName: string): string => memberName.slice(memberName.indexOf('_') + 1);

/** Who is in the call, asked for every 2 s. Says when the call, or one's own place in it, is gone. */
export class MembersPanel {
  readonly #root: HTMLElement;
  readonly #api: CallreelApi;
  readonly #confrId: string;
  readonly #ownId: string;
  readonly #onOut: () => void;
  readonly #closing = new AbortController();

  constructor(options: { root: HTMLElement; api: CallreelApi; confrId: string; ownId: string; onOut: () => void }) {
    this.#root = options.root;
    this.#api = options.api;
    this.#confrId = options.confrId;
    this.#ownId = options.ownId;
    this.#onOut = options.onOut;
    void poll(POLL_EVERY_MS, this.#closing.signal, () => this.#look());
  }

  close(): void {
    this.#closing.abort();
  }

  async #look(): Promise<'again' | 'done'> {
    try {
      const { mems } = await this.#api.conference(this.#confrId);
      if (this.#closing.signal.aborted) return 'done';
      return this.#show(mems);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #show(members: readonly Member[]): 'again' | 'done' {
    showError(this.#root, 'members');
    if (!members.some(({ memberId }) => memberId === this.#ownId)) return this.#out();
    part(this.#root, 'count', HTMLElement).textContent = String(members.length);
    part(this.#root, 'members', HTMLElement).replaceChildren(...members.map((member) => this.#row(member)));
    return 'again';
  }

  #row(member: Member): HTMLElement {
    const row = document.createElement('li');
    const name = document.createElement('span');
    const own = member.memberId === this.#ownId;
    if (own) setWords(name, 'room.you', { name: bareName(member.memName) });
    else name.textContent = bareName(member.memName);
    const role = document.createElement('span');
    role.className = 'role';
    const roleName = ROLE_NAMES[member.role];
    if (roleName !== undefined) setWords(role, `role.${roleName}`);
    row.append(name, role);
    return row;
  }

  #failed(error: unknown): 'again' | 'done' {
    if (this.#closing.signal.aborted) return 'done';
    if (isCallOver(error)) return this.#out();
    const { key, values } = explain(error);
    showError(this.#root, 'members', 'room.pollFailed', { why: words(key, values) });
    return 'again';
  }

  #out(): 'done' {
    this.close();
    this.#onOut();
    return 'done';
  }
}
