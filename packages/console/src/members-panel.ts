import type { Membership } from '@callreel/client/membership.ts';
import type { ConferenceState, MemberInfo } from '@callreel/contract/events.ts';
import { part, setWords, showError } from './page.ts';

/** What to show of a member. */
export const nameOf = ({ nickname, userName }: Pick<MemberInfo, 'nickname' | 'userName'>): string =>
  nickname ?? userName;

/** Who is in the call, and who speaks, as its events tell. */
export class MembersPanel {
  readonly #root: HTMLElement;
  readonly #ownId: string;
  readonly #ends: (() => void)[];

  constructor(root: HTMLElement, membership: Membership) {
    this.#root = root;
    this.#ownId = membership.memberId;
    this.#ends = [
      membership.on('state', (state) => this.#show(state)),
      membership.on('connected', (connected) => this.#showConnected(connected)),
    ];
    this.#show(membership.state);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #show({ members, speaking }: ConferenceState): void {
    part(this.#root, 'count', HTMLElement).textContent = String(members.length);
    const rows = members.map((member) => this.#row(member, speaking.includes(member.memberId)));
    part(this.#root, 'members', HTMLElement).replaceChildren(...rows);
  }

  #row(member: MemberInfo, speaks: boolean): HTMLElement {
    const row = document.createElement('li');
    row.dataset.speaking = String(speaks);
    const name = document.createElement('span');
    if (member.memberId === this.#ownId) setWords(name, 'room.you', { name: nameOf(member) });
    else name.textContent = nameOf(member);
    const role = document.createElement('span');
    role.className = 'role';
    setWords(role, `role.${member.role}`);
    row.append(name, role);
    return row;
  }

  #showConnected(connected: boolean): void {
    if (connected) showError(this.#root, 'members');
    else showError(this.#root, 'members', 'room.notHeard');
  }
}
