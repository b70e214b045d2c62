/** Whether a tenant has the service to himself. */
export class Presence {
  #last = { tenant: '', atMs: Number.NEGATIVE_INFINITY };
  #before = this.#last;

  /** He calls. */
  note(tenant: string, atMs: number): void {
    if (this.#last.tenant !== tenant) this.#before = this.#last;
    this.#last = { tenant, atMs };
  }

  /** Whether anyone else called since then. */
  hasOther(tenant: string, sinceMs: number): boolean {
    const other = this.#last.tenant === tenant ? this.#before : this.#last;
    return other.atMs >= sinceMs;
  }
}
