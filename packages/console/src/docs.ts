/** The page of the interface: /openapi.json, plainly. Text goes in as text: nothing of the document becomes markup. */
import {
  type ApiDescription,
  type Call,
  callsOf,
  type Entry,
  type Field,
  fieldsOf,
  formOf,
  type MediaType,
  type Parameter,
} from './api-description.ts';
import { find } from './page.ts';

const make = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  content: string | readonly Node[] = [],
  className = '',
): HTMLElementTagNameMap[Name] => {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...(typeof content === 'string' ? [content] : content));
  return element;
};

const table = (rows: readonly (readonly string[])[]): HTMLElement =>
  make('table', [
    make(
      'tbody',
      rows.map(([name = '', ...cells]) => {
        const head = make('th', name);
        head.scope = 'row';
        return make('tr', [head, ...cells.map((cell) => make('td', cell))]);
      }),
    ),
  ]);

const section = (title: string, content: readonly Node[]): Node[] =>
  content.length === 0 ? [] : [make('h4', title), ...content];

const rowOfField = ({ name, form, required, description }: Field): string[] => [
  name,
  form,
  required ? 'always' : 'optional',
  description,
];

const rowOfParameter = ({ name, in: where, required, schema, description = '' }: Parameter): string[] => [
  name,
  where,
  formOf(schema),
  required ? '' : 'optional',
  description,
];

const contentOf = (content: Record<string, MediaType> = {}): Node[] =>
  Object.entries(content).flatMap(([type, { schema, example }]) => {
    const fields = fieldsOf(schema).map(rowOfField);
    return [
      make('p', fields.length > 0 ? type : `${type} ${formOf(schema)}`),
      ...(fields.length > 0 ? [table(fields)] : []),
      ...(example === undefined ? [] : [make('pre', JSON.stringify(example, null, 2))]),
    ];
  });

const whoOf = ({ security = [] }: Call): string => {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  return names.length === 0 ? 'No token.' : `With one of: ${names.join(', ')}.`;
};

const isGood = (status: string): boolean => /^[23]/.test(status);

const answersOf = ({ responses }: Call): Node[] => {
  const all = Object.entries(responses);
  const good = all.filter(([status]) => isGood(status));
  const errors = all.filter(([status]) => !isGood(status));
  return [
    ...good.flatMap(([status, { description, content }]) => [
      make('h4', `${status}: ${description}`),
      ...contentOf(content),
    ]),
    ...section('Errors', [table(errors.map(([status, { description }]) => [status, description.replaceAll('`', '')]))]),
  ];
};

const callBox = ({ method, path, call }: Entry): HTMLElement => {
  const parameters = call.parameters ?? [];
  const box = make('details', [
    make('summary', [
      make('span', method, 'method'),
      make('span', path, 'path'),
      make('span', call.summary ?? '', 'about'),
    ]),
    make('p', [call.description, whoOf(call)].filter(Boolean).join(' ')),
    ...section('Parameters', parameters.length > 0 ? [table(parameters.map(rowOfParameter))] : []),
    ...section('Body', contentOf(call.requestBody?.content)),
    ...answersOf(call),
  ]);
  box.id = call.operationId ?? '';
  return box;
};

const tokensOf = ({ components }: ApiDescription): Node[] => {
  const schemes = Object.entries(components?.securitySchemes ?? {});
  return section('Tokens: Authorization: Bearer …', [
    table(schemes.map(([name, { description = '' }]) => [name, description.replaceAll('`', '')])),
  ]);
};

const show = (description: ApiDescription): void => {
  const { info, tags = [] } = description;
  find(document, '#docs', HTMLElement).replaceChildren(
    make('h1', `${info.title} ${info.version}`),
    make('p', info.description ?? ''),
    ...tokensOf(description),
    ...tags.flatMap((tag) => [
      make('h2', tag.name),
      make('p', tag.description ?? ''),
      ...callsOf(description, tag.name).map(callBox),
    ]),
  );
  openNamed();
};

/** `/docs#issueToken` opens that call. */
const openNamed = (): void => {
  const box = document.getElementById(location.hash.slice(1));
  if (!(box instanceof HTMLDetailsElement)) return;
  box.open = true;
  box.scrollIntoView();
};

const load = async (): Promise<void> => {
  try {
    const answer = await fetch('/openapi.json');
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show((await answer.json()) as ApiDescription);
  } catch (error) {
    find(document, '#docs', HTMLElement).replaceChildren(make('p', `/openapi.json cannot be read: ${error}`, 'error'));
  }
};

addEventListener('hashchange', openNamed);
void load();
