/** An EventTarget whose events are known by name: `on` gives a listener what it is told, and gives back what takes the listener off. */
export class TypedEventTarget<Events extends Record<string, unknown>> extends EventTarget {
  on<Name extends keyof Events & string>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    const listen = (event: Event) => listener((event as CustomEvent<Events[Name]>).detail);
    this.addEventListener(name, listen);
    return () => this.removeEventListener(name, listen);
  }

  protected tell<Name extends keyof Events & string>(name: Name, detail: Events[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
