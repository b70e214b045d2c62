/** The interface as /openapi.json describes it: makes its calls, and holds every answer against it. */
import assert from 'node:assert/strict';
import type { OpenApiDocument, Call as Operation } from '@callreel/server/web/openapi/document.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer, Call, WebFixture } from './web-fixture.ts';

export type DescribedCall = Call & {
  path?: Record<string, string>;
  /** With its question mark. */
  query?: string;
};

type Described = { method: string; path: string; operation: Operation };

const DOCUMENT = 'https://callreel.test/openapi.json';

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

const typeOf = (answer: Answer): string => answer.headers.get('content-type')?.split(';')[0] ?? '';

const bodyOf = (answer: Answer): unknown =>
  typeOf(answer) === 'application/json' ? JSON.parse(answer.text) : answer.text;

const isRefusal = (status: number): boolean => status >= 400;

export class DescribedInterface {
  readonly document: OpenApiDocument;
  readonly #fixture: WebFixture;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #operations = new Map<string, Described>();
  readonly #seen = new Map<string, Set<'good' | 'refused'>>();

  private constructor(fixture: WebFixture, document: OpenApiDocument) {
    this.#fixture = fixture;
    this.document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, DOCUMENT);
    for (const [path, calls] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(calls)) {
        this.#operations.set(operation.operationId ?? `${method} ${path}`, { method, path, operation });
      }
    }
  }

  static async read(fixture: WebFixture): Promise<DescribedInterface> {
    return new DescribedInterface(fixture, (await fixture.call('/openapi.json')).json<OpenApiDocument>());
  }

  get operations(): ReadonlyMap<string, Described> {
    return this.#operations;
  }

  /** Which operations were never answered so. */
  notSeen(how: 'good' | 'refused'): string[] {
    return [...this.#operations.keys()].filter((id) => !this.#seen.get(id)?.has(how)).sort();
  }

  /** Makes the call and holds its answer against the description; a good one's request too. */
  async call(id: string, status: number, { path = {}, query = '', ...call }: DescribedCall): Promise<Answer> {
    const described = this.#described(id);
    const url = described.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
    const answer = await this.#fixture.call(url.replaceAll('%2F', '/') + query, {
      ...call,
      method: described.method.toUpperCase(),
    });
    assert.equal(answer.status, status, `${id}: ${answer.text}`);
    this.#assertDescribed(id, described, answer);
    if (!isRefusal(status) && call.json !== undefined) this.assertBody(id, call.json);
    const seen = this.#seen.get(id) ?? new Set();
    this.#seen.set(id, seen.add(isRefusal(status) ? 'refused' : 'good'));
    return answer;
  }

  assertBody(id: string, body: unknown): void {
    this.#assertValid(this.#described(id), ['requestBody', 'content', 'application/json', 'schema'], body, id);
  }

  assertAnswer(id: string, status: string, type: string, value: unknown): void {
    this.#assertValid(this.#described(id), ['responses', status, 'content', type, 'schema'], value, `${id} ${status}`);
  }

  #assertDescribed(id: string, described: Described, answer: Answer): void {
    const status = String(answer.status);
    const response = described.operation.responses[status];
    assert.ok(response, `${id}: ${status} is not described`);
    assert.ok(answer.headers.get('x-request-id'), `${id}: no X-Request-Id`);
    const types = Object.keys(response.content ?? {});
    if (types.length === 0) {
      assert.equal(answer.text, '', `${id} ${status}: a body that is not described`);
      return;
    }
    const type = typeOf(answer);
    assert.ok(types.includes(type), `${id} ${status}: ${type} is not described`);
    if (response.content?.[type]?.schema) this.assertAnswer(id, status, type, bodyOf(answer));
  }

  #assertValid({ method, path }: Described, within: readonly string[], value: unknown, what: string): void {
    const pointer = ['paths', path, method, ...within].map(escaped).join('/');
    const validate = this.#ajv.compile({ $ref: `${DOCUMENT}#/${pointer}` });
    assert.ok(validate(value), `${what}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  }

  #described(id: string): Described {
    const described = this.#operations.get(id);
    assert.ok(described, `there is no operation ${id}`);
    return described;
  }
}
