/** What is going on, for the one who waits: one line a step, rewritten while it runs where the output is a terminal. */
const REWRITE_LINE = '\r\x1b[2K';

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
    this.#show(`  … ${this.#step?.text}: ${how}`);
  }

  /** Ends the step, with how long it took. */
  end(result = ''): void {
    if (!this.#step) return;
    const seconds = ((performance.now() - this.#step.startedAtMs) / 1000).toFixed(1);
    const line = `  ✓ ${this.#step.text}${result && `: ${result}`} (${seconds} s)\n`;
    this.#output.write(this.#output.isTTY ? `${REWRITE_LINE}${line}` : line);
    this.#step = undefined;
  }

  #show(line: string): void {
    this.#output.write(this.#output.isTTY ? `${REWRITE_LINE}${line}` : `${line}\n`);
  }
}
