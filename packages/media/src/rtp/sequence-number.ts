/** Arithmetic on 16-bit sequence numbers, which wrap every 65,536 packets. */

/** How far `sequenceNumber` is ahead of `reference`: -32768 to 32767, negative where it is older. */
export const sequenceDistance = (sequenceNumber: number, reference: number): number =>
  ((sequenceNumber - reference + 0x8000) & 0xffff) - 0x8000;
