/** How often calls may come: what `CALLREEL_RATES` says, and what holds where it says nothing. */
import type { Form } from './setting-forms.ts';

/** What is counted for an app as a whole; what for whoever has no valid token, by his address; what for one user or member. */
export const RATE_NAMES = ['retrieval', 'management', 'joins', 'files', 'address', 'account'] as const;
export type RateName = (typeof RATE_NAMES)[number];

/** Calls a second. */
export type RateTable = Readonly<Record<RateName, number>>;

/** `apps` by `org/app` in lower case: what is settled for one app alone. */
export type Rates = { everyone: RateTable; apps: ReadonlyMap<string, Partial<RateTable>> };

const DEFAULT_TABLE: RateTable = {
  retrieval: 100,
  management: 100,
  joins: 200,
  files: 1000,
  address: 100,
  account: 50,
};

export const DEFAULT_RATES_TEXT = RATE_NAMES.map((name) => `${name}=${DEFAULT_TABLE[name]}`).join(',');

/** `retrieval=300`, or for one app `acme/calls:retrieval=300`. */
const ENTRY = /^(?:([A-Za-z0-9._-]{1,64}\/[A-Za-z0-9._-]{1,64}):)?([a-z]+)=(\d{1,6})$/;

export const rates: Form<Rates> = {
  wants: `calls a second, divided by commas, such as retrieval=300,acme/calls:management=50; there are ${RATE_NAMES.join(', ')}`,
  parse: (text) => {
    const everyone: Record<RateName, number> = { ...DEFAULT_TABLE };
    const apps = new Map<string, Partial<Record<RateName, number>>>();
    for (const entry of text.split(',')) {
      const [, app, given, perSecond] = ENTRY.exec(entry.trim()) ?? [];
      const name = RATE_NAMES.find((known) => known === given);
      if (name === undefined || Number(perSecond) < 1) return undefined;
      // What is counted by address has no app.
      if (app !== undefined && name === 'address') return undefined;
      if (app === undefined) everyone[name] = Number(perSecond);
      else apps.set(app.toLowerCase(), { ...apps.get(app.toLowerCase()), [name]: Number(perSecond) });
    }
    return { everyone, apps };
  },
};

/** What holds for an app: its own where it has one. */
export const rateOf = ({ everyone, apps }: Rates, name: RateName, app?: { org: string; name: string }): number =>
  (app && apps.get(`${app.org}/${app.name}`.toLowerCase())?.[name]) ?? everyone[name];
