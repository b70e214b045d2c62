/** What is going on, for the one who waits: one line a step, rewritten while it runs where the output is a terminal. */
const REWRITE_LINE = '\r\x1b[2K';
/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 80;

export class Progress {
  readonly #output: NodeJS.WriteStream;
  #step: { text: string; startedAtMs: number } | undefined;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** Begins a step. */
  begin(text: string): void {
    this.#step = { text, startedAtMs: performance.now() };
    this.#show(`  … ${text}`);
  }

  /** How far the step is. */
  update(how: string): void {
    this.#show(this.#output.isTTY ? `  … ${this.#step?.text}: ${how}` : `    ${how}`);
  }

  /** Ends the step, with how long it took. */
  end(result = ''): void {
    this.#finish('✓', result);
  }

  /** Ends the step, if one is going on, as one that failed. */
  fail(): void {
    this.#finish('✗', 'failed');
  }

  #finish(mark: string, result: string): void {
    if (!this.#step) return;
    const seconds = ((performance.now() - this.#step.startedAtMs) / 1000).toFixed(1);
    const line = `  ${mark} ${this.#step.text}${result && `: ${result}`} (${seconds} s)\n`;
    this.#output.write(this.#output.isTTY ? `${REWRITE_LINE}${line}` : line);
    this.#step = undefined;
  }

  /** A line that wrapped could not be rewritten: it is cut to the width of the terminal. */
  #show(line: string): void {
    this.#output.write(
      this.#output.isTTY ? REWRITE_LINE + line.slice(0, (this.#output.columns || DEFAULT_COLUMNS) - 1) : `${line}\n`,
    );
  }
}
