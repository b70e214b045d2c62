/** Whether anything in the world stays open, ended twice, or was forgotten. */
import assert from 'node:assert/strict';
import { type ConferenceWithMembers, ROLE_CODES } from '@callreel/contract/conference.ts';
import type { ConfrId, PubStreamId } from '@callreel/contract/ids.ts';
import { ConferenceError } from '@callreel/server/conference/conference-error.ts';
import type { World } from './world.ts';
import { DELAY_MS } from './world.ts';
import type { Happening } from './world-actions.ts';
import type { WorldFacts } from './world-facts.ts';

const HOLD_MS = 45_000;
const REVOKED_WITHIN_MS = 1000;

type Seen = ConferenceWithMembers | undefined;

/** `latest`: what happened before. */
export const checkWorld = async (world: World, latest: Happening): Promise<void> => {
  checkTold(world);
  const seen = await look(world);
  checkLimits(seen);
  checkAdrift(world, seen);
  checkHeard(world, seen);
  if (world.node.guarded.isBroken || world.time.nowMs() < world.writesDueMs) return;
  const facts = await world.parts.facts.read(world.app.id);
  checkConferences(world, facts, seen);
  checkMembers(facts, seen);
  checkPublications(world, facts);
  checkLost(world, facts, seen);
  checkRecordings(world, facts);
  if (latest.kind === 'leap' && latest.byMs >= REVOKED_WITHIN_MS) checkRevoked(facts);
};

/** When everything must be. */
export const checkAllOver = async (world: World): Promise<void> => {
  const { conferences, members, publications } = await world.parts.facts.read(world.app.id);
  assert.ok(conferences.every(({ ended }) => ended) && members.every(({ left }) => left));
  assert.ok(publications.every(({ ended }) => ended) && world.node.media.open.length === 0);
};

const look = async (world: World): Promise<Map<ConfrId, Seen>> => {
  const views = new Map<ConfrId, Seen>();
  for (const confrId of world.conferences) {
    const view = await world.node.conferences.view(world.app, confrId).catch((error: unknown) => {
      if (error instanceof ConferenceError) return undefined;
      throw error;
    });
    views.set(confrId, view);
  }
  return views;
};

const membersIn = (seen: Map<ConfrId, Seen>): Set<string> =>
  new Set([...seen.values()].flatMap((view) => view?.mems.map(({ memberId }) => memberId) ?? []));

const checkTold = (world: World): void => {
  for (const [key, times] of world.recordingsEnded) assert.equal(times, 1, `recording ${key} was handed on twice`);
  for (const [confrId, times] of world.conferencesEnded) assert.equal(times, 1, `${confrId} ended twice`);
};

const checkLimits = (seen: Map<ConfrId, Seen>): void => {
  for (const view of seen.values()) {
    if (view === undefined) continue;
    const listeners = view.mems.filter(({ role }) => role === ROLE_CODES.audience).length;
    assert.ok(listeners <= view.audienceLimit && view.mems.length - listeners <= view.talkerLimit, 'too many are in');
  }
};

/** Whoever lost all he had with a process and did not come back is out when the hold is over. */
const checkAdrift = (world: World, seen: Map<ConfrId, Seen>): void => {
  const present = membersIn(seen);
  for (const [memberId, sinceMs] of world.adrift) {
    const overdue = world.time.nowMs() - sinceMs >= HOLD_MS;
    assert.ok(!(overdue && present.has(memberId)), `${memberId} was forgotten`);
  }
};

/** What the events add up to is what there is. */
const checkHeard = ({ sockets, node }: World, seen: Map<ConfrId, Seen>): void => {
  for (const [confrId, { members, closed }] of sockets.heard) {
    const view = seen.get(confrId);
    assert.equal(closed === null, view !== undefined, `${confrId}: whether it is over`);
    const heard = members.map(({ memberId, role }) => [memberId, ROLE_CODES[role]]);
    assert.deepEqual(heard, view?.mems.map(({ memberId, role }) => [memberId, role]) ?? [], 'who was heard to be in');
  }
  const publications = [...sockets.heard.values()].flatMap((state) => state.publications);
  const heard = new Set(publications.map(({ pubStreamId }) => pubStreamId));
  assert.deepEqual(heard, new Set<string>(node.media.open), 'what was heard to be published');
  for (const { pubStreamId, recording } of publications) {
    const found = node.media.recordings.get(pubStreamId as PubStreamId);
    const state = found === undefined ? 'stopped' : found.paused ? 'paused' : 'recording';
    assert.equal(recording, state, `what was heard of the recording of ${pubStreamId}`);
  }
};

const checkConferences = (world: World, { conferences, members }: WorldFacts, seen: Map<ConfrId, Seen>): void => {
  for (const { id, ended, began, createdMs } of conferences) {
    if (!world.conferences.includes(id)) continue;
    assert.equal(seen.get(id) === undefined, ended, `${id}: the service and its database disagree on its end`);
    const nobodyIn = members.every(({ confrId, left }) => confrId !== id || left);
    // A first join that failed when it was half written leaves it waiting all the same.
    const waits = Date.parse(seen.get(id)?.expireDate ?? '') - createdMs <= DELAY_MS;
    assert.ok(ended || !began || !nobodyIn || waits, `${id} goes on with nobody in it`);
    const overdue = world.time.nowMs() >= createdMs + DELAY_MS;
    assert.ok(ended || !waits || !overdue, `${id} waits, though nobody came in time`);
    if (ended && !world.cutShort) assert.equal(world.conferencesEnded.get(id), 1, `${id}: nobody was told of its end`);
  }
};

const checkMembers = ({ members }: WorldFacts, seen: Map<ConfrId, Seen>): void => {
  const present = members.filter(({ left, confrId }) => !left && seen.has(confrId));
  assert.deepEqual(new Set(present.map(({ id }) => id as string)), membersIn(seen), 'who is in');
  for (const { id, left, tokenDead } of members) assert.ok(!left || tokenDead, `${id} left and may still come in`);
  for (const { id, confrId, role } of present) {
    const inView = seen.get(confrId)?.mems.find(({ memberId }) => memberId === id);
    assert.equal(inView?.role, ROLE_CODES[role], `the role of ${id}`);
  }
};

const checkPublications = (world: World, { publications, members }: WorldFacts): void => {
  const open = publications.filter(({ ended }) => !ended);
  assert.deepEqual(
    new Set(open.map(({ id }) => id)),
    new Set(world.node.media.open),
    'what the media processes serve is what the database says is open',
  );
  for (const { id, memberId } of open) {
    const owner = members.find((member) => member.id === memberId);
    assert.ok(owner && !owner.left && owner.role !== 'audience', `${id} is open, though its member may not publish`);
  }
};

/** What was lost is held for its time, and not longer. */
const checkLost = (world: World, { publications }: WorldFacts, seen: Map<ConfrId, Seen>): void => {
  const present = membersIn(seen);
  for (const [id, sinceMs] of world.lost) {
    const publication = publications.find((each) => each.id === id);
    if (publication === undefined) continue;
    const over = world.time.nowMs() - sinceMs >= HOLD_MS;
    assert.ok(publication.ended || !over, `${id} was lost and forgotten`);
    if (world.excused.has(id) || world.doomed.has(publication.memberId)) continue;
    assert.ok(!publication.ended || over, `${id} was given up before its hold was over`);
    const { memberId } = publication;
    const another = publications.some((each) => each.memberId === memberId && each.id !== id);
    const isKept = world.sockets.keeps(memberId, world.time.nowMs(), HOLD_MS);
    if (over && !another && !isKept) assert.ok(!present.has(memberId), `${memberId} outlived all his connections`);
  }
};

/** Every recording that was begun is open, or was handed on; what a process was cut short of is the next sweep's. */
const checkRecordings = (world: World, { work }: WorldFacts): void => {
  if (world.cutShort) return;
  const open = new Set([...world.node.media.recordings.values()].map(({ key }) => key));
  const forgotten = work.filter(({ key, settled }) => !settled && !world.recordingsEnded.has(key) && !open.has(key));
  assert.deepEqual(forgotten, [], 'a recording was forgotten');
};

const checkRevoked = ({ members }: WorldFacts): void => {
  for (const { id, left, tokenDead } of members) assert.ok(left || !tokenDead, `${id} is in, with a revoked token`);
};
