/** The page's elements: finding them, cloning templates, and words that change with the language. */
import { isTextKey, type TextValues, words } from './language.ts';
import type { TextKey } from './texts-en.ts';

/** The one element that matches; its absence is a fault of the page itself. */
export const find = <Kind extends Element>(root: ParentNode, selector: string, kind: new () => Kind): Kind => {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new TypeError(`the page has no ${kind.name} ${selector}`);
  return element;
};

/** The element marked `data-part="name"`. */
export const part = <Kind extends Element>(root: ParentNode, name: string, kind: new () => Kind): Kind =>
  find(root, `[data-part="${name}"]`, kind);

/** The first element of a template, cloned and labelled. */
export const cloneTemplate = (id: string): HTMLElement => {
  const template = find(document, `template#${id}`, HTMLTemplateElement);
  const holder = document.createElement('div');
  holder.append(document.importNode(template.content, true));
  relabel(holder);
  return holder;
};

/** Shows words in an element, and keeps it in step when the language changes. */
export const setWords = (element: HTMLElement | SVGElement, key: TextKey, values?: TextValues): void => {
  element.dataset.text = key;
  if (values === undefined) delete element.dataset.values;
  else element.dataset.values = JSON.stringify(values);
  element.textContent = words(key, values);
};

/** Likewise, for what screen readers say of an element. */
export const setLabel = (element: HTMLElement, key: TextKey, values?: TextValues): void => {
  element.dataset.label = key;
  if (values !== undefined) element.dataset.labelValues = JSON.stringify(values);
  element.setAttribute('aria-label', words(key, values));
};

const valuesOf = (text: string | undefined): TextValues | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as TextValues);

/** Writes every word under `root` in the current language. */
export const relabel = (root: ParentNode): void => {
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]')) {
    const key = element.dataset.text ?? '';
    if (isTextKey(key)) setWords(element, key, valuesOf(element.dataset.values));
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-label]')) {
    const key = element.dataset.label ?? '';
    if (isTextKey(key)) setLabel(element, key, valuesOf(element.dataset.labelValues));
  }
};

/** Shows or clears what went wrong, in the place marked `data-error="name"`. */
export const showError = (root: ParentNode, name: string, key?: TextKey, values?: TextValues): void => {
  const place = find(root, `[data-error="${name}"]`, HTMLElement);
  place.hidden = key === undefined;
  if (key === undefined) clearWords(place);
  else setWords(place, key, values);
};

export const clearErrors = (root: ParentNode): void => {
  for (const place of root.querySelectorAll<HTMLElement>('[data-error]')) {
    place.hidden = true;
    clearWords(place);
  }
};

const clearWords = (element: HTMLElement): void => {
  delete element.dataset.text;
  element.textContent = '';
};
