/** `node publisher.ts WHIP-URL TOKEN ADDRESS`: publishes two seconds from this address, on whatever machine it is run. */

import { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import { ALICE, mediaOf } from '../support/recorded-call.ts';

const [, , whipUrl = '', token = '', bindAddress = ''] = process.argv;
const media = await mediaOf(ALICE, { durationMs: 2000, videoCodec: 'VP8' });
const caller = await SyntheticCaller.publish({ whipUrl, token, media, bindAddress });
await caller.waitUntilSent();
// The test ends the stay: not every machine here reaches the URL that the answer names.
process.exit();
