import { open } from 'node:fs/promises';
import type { Container } from '@callreel/contract/recording.ts';

/** What the bytes of a file say of it, before any decoder looks. */
export type FileStructure = {
  container: Container | 'unknown';
  /** mp4: whether the index (moov) stands before the media, so that a player starts before it has the whole file. */
  indexAtFront: boolean | undefined;
};

const EBML_MAGIC = 0x1a45dfa3;
const HEAD_BYTES = 64;

/** DocType (element 0x4282) stands in the first bytes; one that is shorter than its room ends with NULs. */
const docType = (head: Buffer): string => {
  const at = head.indexOf(Buffer.from([0x42, 0x82]));
  const length = at < 0 ? 0 : head.readUInt8(at + 2) & 0x7f;
  return head.toString('latin1', at + 3, at + 3 + length).replace(/\0+$/, '');
};

type Read = (offset: number) => Promise<Buffer>;

/** Walks the boxes at the top level until it is clear which of moov and mdat is first. */
const isIndexFirst = async (read: Read, sizeBytes: number): Promise<boolean> => {
  for (let offset = 0; offset + 8 <= sizeBytes; ) {
    const head = await read(offset);
    const type = head.toString('latin1', 4, 8);
    if (type === 'moov') return true;
    if (type === 'mdat') return false;
    const size = head.readUInt32BE(0) === 1 ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
    if (size < 8) return false;
    offset += size;
  }
  return false;
};

const CONTAINERS: Record<string, Container> = { webm: 'webm', matroska: 'mkv' };

export const readStructure = async (path: string, sizeBytes: number): Promise<FileStructure> => {
  const file = await open(path);
  try {
    const read: Read = async (position) => {
      const bytes = Buffer.alloc(HEAD_BYTES);
      await file.read({ buffer: bytes, position });
      return bytes;
    };
    const head = await read(0);
    if (head.readUInt32BE(0) === EBML_MAGIC)
      return { container: CONTAINERS[docType(head)] ?? 'unknown', indexAtFront: undefined };
    if (head.toString('latin1', 4, 8) !== 'ftyp') return { container: 'unknown', indexAtFront: undefined };
    return { container: 'mp4', indexAtFront: await isIndexFirst(read, sizeBytes) };
  } finally {
    await file.close();
  }
};
