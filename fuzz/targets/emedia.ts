/** What a client of the vendor's web SDK may say over its socket, and what it may hand in as a ticket. */
import { strict as assert } from 'node:assert';
import { readFrame } from '@callreel/server/web/emedia/frames.ts';
import { Proofs, type Proven } from '@callreel/server/web/emedia/proofs.ts';
import { EmediaRefusal } from '@callreel/server/web/emedia/refusal.ts';
import { textLike } from '../mutated.ts';
import { type FuzzTarget, target } from '../target.ts';

const FRAMES = [
  '{"op":200,"tsxId":"MSG1-0","tkt":{"proof":"a.b"},"nickName":"Anna","ext":"{}"}',
  '{"op":102,"tsxId":"a","sessId":"s","rtcId":"RTC0","sdp":"{}","pubS":{"type":0,"voff":0,"aoff":0,"ext":"{}"}}',
  '{"op":107,"tsxId":"a","sessId":"s","rtcId":"RTC0","endReason":-10}',
  '{"op":1002,"tsxId":"a","memId":"m","arg":"{\\"op2\\":21}"}',
  '{"op":400,"tsxId":"a","rtcId":"RTC0","voff":true,"aoff":null}',
];

const checkFrame = (text: string): void => {
  const read = readFrame(text);
  if (read.read === 'garbage') return;
  const tsxId = read.read === 'asked' ? read.asked.tsxId : read.tsxId;
  assert.ok(typeof tsxId === 'string' && tsxId.length <= 256);
};

const key = { id: 'key', key: Buffer.alloc(32, 7) };
const proofs = new Proofs({
  keys: { current: async () => key, find: async (id) => (id === key.id ? key : undefined) },
  nowMs: () => 0,
});
const PROVEN = {
  ...{ appId: 1, org: 'acme', appName: 'meet', confrId: 'IM_X364829548358926336C16', userName: 'anna' },
  ...{ role: 'talker', userToken: `sha256:${'a'.repeat(43)}` },
} as Proven;
const REAL = await proofs.issue('ticket', PROVEN);

/** Whatever is taken says what we signed, and for this purpose alone. */
const checkProof = async (text: string): Promise<void> => {
  const verified = await proofs.verify('ticket', text).catch((error: unknown) => {
    assert.ok(error instanceof EmediaRefusal);
  });
  if (verified) assert.deepEqual(verified, PROVEN);
  await assert.rejects(proofs.verify('role', text), EmediaRefusal);
};

export const EMEDIA_TARGETS: FuzzTarget[] = [
  target("web: a frame of the vendor's web SDK", textLike(FRAMES), checkFrame),
  target("web: a ticket of the vendor's web SDK", textLike([REAL]), checkProof),
];
