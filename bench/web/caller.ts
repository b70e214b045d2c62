/** Calls over connections that stay open, timed. */
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

export type Called = { status: number; ms: number };
export type CallOptions = { method?: string; token?: string; json?: unknown };

export class Caller {
  readonly #agent: Agent;
  readonly #baseUrl: string;

  constructor(baseUrl: string, connections: number) {
    this.#baseUrl = baseUrl;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  call(path: string, { method = 'GET', token, json }: CallOptions = {}): Promise<Called> {
    const body = json === undefined ? '' : JSON.stringify(json);
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#baseUrl), { method, headers, agent: this.#agent }, (answer) => {
        answer.on('error', reject).resume();
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - began }));
      });
      sent.on('error', reject).end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
