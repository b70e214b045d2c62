export type SdpErrorReason =
  | 'empty'
  | 'tooLarge'
  | 'tooManySections'
  | 'malformed'
  | 'noMedia'
  | 'notBundled'
  | 'noMux'
  | 'noIce'
  | 'noFingerprint'
  | 'noSetup'
  | 'noCommonCodec';

/** How much of a line that cannot be used is shown. */
const MAX_SHOWN_CHARACTERS = 60;

const shown = (text: string): string => {
  const printable = text.replace(/[^\x20-\x7e]/g, '?');
  return printable.length > MAX_SHOWN_CHARACTERS ? `${printable.slice(0, MAX_SHOWN_CHARACTERS)}…` : printable;
};

/** An offer that cannot be answered; the message names the line, where one is at fault, and why. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly reason: SdpErrorReason;
  /** Counted from 1; undefined where the fault is something that is nowhere. */
  readonly line: number | undefined;

  private constructor(reason: SdpErrorReason, message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.reason = reason;
    this.line = line;
  }

  static empty(): SdpError {
    return new SdpError('empty', 'the offer is empty');
  }

  static tooLarge(limitBytes: number): SdpError {
    return new SdpError('tooLarge', `the offer is longer than ${limitBytes} bytes`);
  }

  static tooManySections(line: number, limit: number): SdpError {
    return new SdpError('tooManySections', `more than ${limit} m-lines`, line);
  }

  static malformed(line: number, text: string, wanted: string): SdpError {
    return new SdpError('malformed', `"${shown(text)}": ${wanted}`, line);
  }

  static noMedia(): SdpError {
    return new SdpError('noMedia', 'no m-line of audio or video that sends');
  }

  static nothingReceived(): SdpError {
    return new SdpError('noMedia', 'no m-line that receives what this publication sends');
  }

  static notBundled(line: number): SdpError {
    return new SdpError('notBundled', 'this m-line is not in the BUNDLE group: all media share one connection', line);
  }

  static noMux(line: number): SdpError {
    return new SdpError('noMux', 'this m-line has no a=rtcp-mux: RTP and RTCP share one port', line);
  }

  static noIce(line: number): SdpError {
    return new SdpError('noIce', 'no a=ice-ufrag and a=ice-pwd for this m-line', line);
  }

  static noFingerprint(line: number): SdpError {
    return new SdpError('noFingerprint', 'no a=fingerprint of SHA-256, SHA-384 or SHA-512 for this m-line', line);
  }

  static noSetup(line: number): SdpError {
    return new SdpError('noSetup', 'no a=setup of actpass, active or passive for this m-line', line);
  }

  static noCommonCodec(line: number, offered: readonly string[], wanted: readonly string[]): SdpError {
    const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : shown(names.join(', ')));
    return new SdpError(
      'noCommonCodec',
      `no codec in common: offered ${list(offered)}, accepted ${list(wanted)}`,
      line,
    );
  }
}
