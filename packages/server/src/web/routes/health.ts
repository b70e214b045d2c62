/** Whether the process lives, and whether it can do its work. */
import { HealthView } from '@callreel/contract/health.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { freeBytes, LEAST_FREE_BYTES } from '../../storage/disk-space.ts';
import type { Store } from '../../store/store.ts';
import { WebError } from '../errors.ts';
import type { Routes } from '../web-app.ts';

export type HealthRouteParts = { store: Pick<Store, 'health'>; dataDir: string };

const databaseAnswers = (store: HealthRouteParts['store']): Promise<boolean> => store.health().catch(() => false);

const diskHasRoom = (dataDir: string): Promise<boolean> =>
  freeBytes(dataDir).then(
    (free) => free >= LEAST_FREE_BYTES,
    () => false,
  );

export const healthRoutes =
  ({ store, dataDir }: HealthRouteParts): Routes =>
  async (app) => {
    const schemaOf = (summary: string) => ({ tags: ['health'], summary, security: [], response: { 200: HealthView } });

    app.get(ROUTES.health, { schema: schemaOf('Whether the process lives') }, async () => ({ status: 'ok' as const }));

    app.get(ROUTES.readiness, { schema: schemaOf('Whether database and disk are there: 503 where not') }, async () => {
      const [database, disk] = await Promise.all([databaseAnswers(store), diskHasRoom(dataDir)]);
      const missing = [...(database ? [] : ['the database']), ...(disk ? [] : ['room on the disk'])];
      if (missing.length > 0) throw WebError.of('server_busy', `Not ready: ${missing.join(' and ')} is missing`);
      return { status: 'ok' as const };
    });
  };
