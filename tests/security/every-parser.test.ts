/** Whatever is read of others: real input damaged, and anything at all. `npm run fuzz` does the same for as long as one likes. */
import { test } from 'node:test';
import fc from 'fast-check';
import { TARGETS } from '../../fuzz/targets.ts';

const RUNS = 300;

for (const { name, property } of TARGETS) {
  test(`no input breaks it: ${name}`, () => fc.assert(property, { numRuns: RUNS }));
}
