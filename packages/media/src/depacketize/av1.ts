/** AV1 (RTP Payload Format For AV1): a temporal unit, of however many layers, becomes one block. */
import { concatBytes } from '../matroska/ebml.ts';
import { encodeObu, OBU_TYPE, type Obu, parseObu } from './av1-obu.ts';
import { type Av1Payload, parseAv1Payload } from './av1-payload.ts';
import { type Av1SequenceHeader, isAv1KeyFrame, parseAv1SequenceHeader } from './av1-sequence-header.ts';
import { ByteParts } from './byte-parts.ts';
import type { PictureAssembly, PictureFormat, WholePicture } from './picture-depacketizer.ts';

/** What no file may hold, or needs (AV1 Codec ISO Media File Format Binding section 2.4, AV1 in Matroska). */
const LEFT_OUT: ReadonlySet<number> = new Set([OBU_TYPE.temporalDelimiter, OBU_TYPE.tileList, OBU_TYPE.padding]);
const MAX_OBUS = 4096;
const MAX_BYTES = 8 * 1024 * 1024;

type KnownSequence = { header: Av1SequenceHeader; obu: Uint8Array };

/** The last sequence header that came, for key frames without one of their own. */
class Av1Sequence {
  known: KnownSequence | undefined;

  /** Keeps a copy: it outlives its packet by far. */
  learn(obus: readonly Obu[]): void {
    const obu = obus.find(({ type }) => type === OBU_TYPE.sequenceHeader);
    const header = obu && parseAv1SequenceHeader(obu.payload);
    if (obu !== undefined && header !== undefined) this.known = { header, obu: encodeObu(obu) };
  }
}

class TemporalUnit implements PictureAssembly<Av1Payload> {
  readonly #sequence: Av1Sequence;
  readonly #obus: Obu[] = [];
  #fragments: ByteParts | undefined;
  #sizeBytes = 0;

  constructor(sequence: Av1Sequence) {
    this.#sequence = sequence;
  }

  add({ continuesObu, obuContinues, elements }: Av1Payload): boolean {
    if (continuesObu !== (this.#fragments !== undefined)) return false;
    return elements.every((element, index) => {
      this.#sizeBytes += element.length;
      if (this.#sizeBytes > MAX_BYTES) return false;
      this.#fragments ??= new ByteParts();
      if (!this.#fragments.add(element)) return false;
      return (obuContinues && index === elements.length - 1) || this.#endObu(this.#fragments);
    });
  }

  finish(): WholePicture | undefined {
    const frame = this.#obus.find(({ type }) => type === OBU_TYPE.frame || type === OBU_TYPE.frameHeader);
    if (this.#fragments !== undefined || frame === undefined) return undefined;
    this.#sequence.learn(this.#obus);
    const { known } = this.#sequence;
    // Without a sequence header nothing can be decoded, and nothing was: a key frame is waited for.
    if (known === undefined || !isAv1KeyFrame(frame.payload, known.header))
      return { data: concatBytes(this.#obus.map(encodeObu)), keyFrame: false };
    const others = this.#obus.filter(({ type }) => type !== OBU_TYPE.sequenceHeader);
    return {
      data: concatBytes([known.obu, ...others.map(encodeObu)]),
      keyFrame: true,
      size: known.header.size,
      parameterSets: { kind: 'AV1', sequenceHeader: known.obu },
    };
  }

  #endObu(fragments: ByteParts): boolean {
    this.#fragments = undefined;
    const obu = parseObu(fragments.join());
    if (obu === undefined || this.#obus.length >= MAX_OBUS) return false;
    if (!LEFT_OUT.has(obu.type)) this.#obus.push(obu);
    return true;
  }
}

/** One for each stream: it remembers the sequence header. */
export const av1Format = (): PictureFormat<Av1Payload> => {
  const sequence = new Av1Sequence();
  return { parse: parseAv1Payload, begin: () => new TemporalUnit(sequence) };
};
