export type CompositorErrorReason =
  | 'unreadableSource'
  | 'outputFailed'
  | 'engineFailed'
  | 'cancelled'
  | 'crashed'
  | 'closed';

const REASONS: ReadonlySet<string> = new Set<CompositorErrorReason>([
  'unreadableSource',
  'outputFailed',
  'engineFailed',
  'cancelled',
  'crashed',
  'closed',
]);

/** Why a merged recording was not made. */
export class CompositorError extends Error {
  override readonly name = 'CompositorError';
  readonly reason: CompositorErrorReason;

  constructor(reason: CompositorErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** No retry helps: the file is damaged or is not there. */
  static unreadableSource(source: { label: string; path: string }, why: string): CompositorError {
    return new CompositorError(
      'unreadableSource',
      `cannot read the recording of ${source.label} (${source.path}): ${why}`,
    );
  }

  static outputFailed(path: string, why: string): CompositorError {
    return new CompositorError('outputFailed', `cannot write the merged recording ${path}: ${why}`);
  }

  static engineFailed(operation: string, why: string): CompositorError {
    return new CompositorError('engineFailed', `${operation} failed: ${why}`);
  }

  static cancelled(): CompositorError {
    return new CompositorError('cancelled', 'the merge was cancelled');
  }

  static crashed(cause: unknown): CompositorError {
    return new CompositorError('crashed', 'the compositor process ended in the middle of a merge', { cause });
  }

  static closed(): CompositorError {
    return new CompositorError('closed', 'the compositor is closed');
  }

  /** The error that the child threw, as the server process sees it. */
  static fromRemote(remote: { reason?: string | undefined; message: string }, cause: unknown): CompositorError {
    const reason = remote.reason !== undefined && REASONS.has(remote.reason) ? remote.reason : 'engineFailed';
    return new CompositorError(reason as CompositorErrorReason, remote.message, { cause });
  }
}
