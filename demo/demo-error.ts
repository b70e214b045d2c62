/** Why the demo could not be carried out. What was carried out and turned out wrong is a finding of check.ts. */
export type DemoErrorReason = 'serviceDied' | 'callRefused' | 'notListed';

/** Characters of the service's output. */
const LAST_WORDS = 2000;

export class DemoError extends Error {
  readonly reason: DemoErrorReason;

  private constructor(reason: DemoErrorReason, message: string) {
    super(message);
    this.name = 'DemoError';
    this.reason = reason;
  }

  static serviceDied(how: string, output: string): DemoError {
    return new DemoError('serviceDied', `The service ended (${how}). Its last words:\n${output.slice(-LAST_WORDS)}`);
  }

  static callRefused(method: string, path: string, status: number, body: string): DemoError {
    return new DemoError('callRefused', `${method} ${path} was answered with ${status}: ${body}`);
  }

  static notListed(waitedMs: number, wanted: string, found: string): DemoError {
    return new DemoError('notListed', `After ${waitedMs / 1000} s there is no ${wanted}; listed so far: ${found}`);
  }
}
