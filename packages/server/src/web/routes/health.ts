/** Whether the process lives, and whether it can do its work. */
import { HealthView, ReadinessView } from '@callreel/contract/health.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { RetentionAlarmKind } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { WebError } from '../errors.ts';
import type { DiskRoom } from '../load/disk-room.ts';
import type { Routes } from '../web-app.ts';

export type HealthRouteParts = { store: Pick<Store, 'health' | 'retention'>; disk: DiskRoom };

type Readiness = { missing: string[]; warnings: string[] };

/** Everyone may read them: no names, and no causes. */
const WARNINGS: Readonly<Record<RetentionAlarmKind, string>> = {
  clock: 'retention has stopped: the clock cannot be trusted',
  share: 'retention has stopped for an app: too many of its files would go at once, or are not in the store',
};

const warningsOf = async ({ retention }: Pick<Store, 'retention'>): Promise<string[]> => {
  const alarms = await retention.alarms().catch(() => []);
  return [...new Set(alarms.map(({ kind }) => WARNINGS[kind]))];
};

const databaseAnswers = (store: Pick<Store, 'health'>): Promise<boolean> => store.health().catch(() => false);

const look = async ({ store, disk }: HealthRouteParts): Promise<Readiness> => {
  const [database, room] = await Promise.all([databaseAnswers(store), disk.hasRoom()]);
  const missing = [...(database ? [] : ['the database']), ...(room ? [] : ['room on the disk'])];
  return { missing, warnings: missing.length > 0 ? [] : await warningsOf(store) };
};

/** Anyone may ask, as often as he likes: whoever asks while it is looked at gets that look's answer, so that strangers never hold more than two of the store's connections. */
const lookTogether = (parts: HealthRouteParts): (() => Promise<Readiness>) => {
  let looking: Promise<Readiness> | undefined;
  return () => {
    looking ??= look(parts).finally(() => {
      looking = undefined;
    });
    return looking;
  };
};

export const healthRoutes =
  (parts: HealthRouteParts): Routes =>
  async (app) => {
    const readinessNow = lookTogether(parts);
    const schemaOf = <View>(summary: string, view: View) => ({
      ...{ tags: ['service'], summary, security: [] },
      response: { 200: view },
    });

    app.get(ROUTES.health, { schema: schemaOf('Whether the process lives', HealthView) }, async () => ({
      status: 'ok' as const,
    }));

    const readiness = schemaOf('Whether database and disk are there: 503 where not', ReadinessView);
    app.get(ROUTES.readiness, { schema: readiness }, async () => {
      const { missing, warnings } = await readinessNow();
      if (missing.length > 0) throw WebError.of('server_busy', `Not ready: ${missing.join(' and ')} is missing`);
      return { status: 'ok' as const, ...(warnings.length > 0 && { warnings }) };
    });
  };
