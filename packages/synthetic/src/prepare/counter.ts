/**
 * The running frame counter as 16 bits: 11 of counter, then 5 of check, so that a wrong reading shows.
 *
 * The check is a CRC over x^5 + x^2 + 1, whose period of 31 exceeds the 16 bits: any one or two wrong bits, and any run of up to
 * five, are caught. It starts from a value under which all-black and all-white are no codes: a blank area is not counter 0.
 */
export const COUNTER_BITS = 16;
/** The counter on a picture starts again at 0 here: 82 s at 25 frames a second. */
export const COUNTER_MODULUS = 2048;

const CHECK_BITS = 5;
const CHECK_POLYNOMIAL = 0b00101;
const CHECK_START = 0b10110;
const CHECK_MASK = 0b11111;

const checkOf = (counter: number): number => {
  let register = CHECK_START;
  for (let bit = COUNTER_BITS - CHECK_BITS - 1; bit >= 0; bit--) {
    const feedback = ((counter >> bit) & 1) ^ (register >> (CHECK_BITS - 1));
    register = ((register << 1) & CHECK_MASK) ^ (feedback ? CHECK_POLYNOMIAL : 0);
  }
  return register;
};

/** The 16 bits that stand for `counter` (taken modulo 2048), the first one first. */
export const counterToBits = (counter: number): boolean[] => {
  const value = counter % COUNTER_MODULUS;
  const word = (value << CHECK_BITS) | checkOf(value);
  return Array.from({ length: COUNTER_BITS }, (_, index) => ((word >> (COUNTER_BITS - 1 - index)) & 1) === 1);
};

/** The counter that these bits stand for, below 2048; undefined where their check says that they were misread. */
export const bitsToCounter = (bits: readonly boolean[]): number | undefined => {
  if (bits.length !== COUNTER_BITS) return undefined;
  const word = bits.reduce((sum, bit) => (sum << 1) | (bit ? 1 : 0), 0);
  const counter = word >> CHECK_BITS;
  return checkOf(counter) === (word & CHECK_MASK) ? counter : undefined;
};
