/**
 * Captured packets of a sender: its offer, and every datagram that came of it, decrypted, at its time. A file is one line of JSON, then for
 * each datagram its arrival (4 bytes, hundredths of a millisecond from the first) and length (2 bytes), big-endian, and its bytes.
 */
export type CapturedSender = {
  /** Name and version. */
  sender: string;
  capturedOn: string;
  offer: string;
  datagrams: { arrivalMs: number; bytes: Uint8Array }[];
};

const TICKS_PER_MS = 100;
const HEADER_BYTES = 6;

export const encodeCapture = ({ datagrams, ...facts }: CapturedSender): Buffer => {
  const startMs = datagrams[0]?.arrivalMs ?? 0;
  const records = datagrams.flatMap(({ arrivalMs, bytes }) => {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(Math.round((arrivalMs - startMs) * TICKS_PER_MS));
    header.writeUInt16BE(bytes.length, 4);
    return [header, bytes];
  });
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), ...records]);
};

export const decodeCapture = (file: Buffer): CapturedSender => {
  const firstRecord = file.indexOf('\n') + 1;
  const facts = JSON.parse(file.toString('utf8', 0, firstRecord)) as Omit<CapturedSender, 'datagrams'>;
  const datagrams: CapturedSender['datagrams'] = [];
  for (let at = firstRecord; at < file.length; ) {
    const end = at + HEADER_BYTES + file.readUInt16BE(at + 4);
    datagrams.push({
      arrivalMs: file.readUInt32BE(at) / TICKS_PER_MS,
      bytes: new Uint8Array(file.subarray(at + HEADER_BYTES, end)),
    });
    at = end;
  }
  return { ...facts, datagrams };
};
