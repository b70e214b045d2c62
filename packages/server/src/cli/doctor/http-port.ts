/** Whether HTTP can be served where the settings say. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Circumstances } from './circumstances.ts';
import { ok, type Seen, warning } from './finding.ts';
import { explainBind, judgeTaken } from './port-findings.ts';
import { findPortOwner } from './service-process.ts';

/** Undefined where it could be taken; else the system's error code. */
const tryListen = async (host: string, port: number): Promise<string | undefined> => {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
};

export const checkHttp = async ({ config: { host, port }, servicePid }: Circumstances): Promise<Seen[]> => {
  const place = `TCP port ${port} of ${host}`;
  const code = await tryListen(host, port);
  if (code === undefined) return [isFree(place, port, servicePid)];
  if (code !== 'EADDRINUSE') return [explainBind(place, code, 'CALLREEL_PORT')];
  const owner = await findPortOwner('tcp', port);
  const isOurs = owner?.pid === servicePid;
  return [judgeTaken({ place, setting: 'CALLREEL_PORT', owner, servicePid, isOurs })];
};

const isFree = (place: string, port: number, servicePid: number | undefined): Seen => {
  if (port === 0) return warning('a free TCP port is picked at each start: links end with it', 'set CALLREEL_PORT');
  if (servicePid === undefined) return ok(`${place} is free`);
  return warning(
    `${place} is free, though the service runs (process ${servicePid})`,
    "run the doctor with the service's own settings",
  );
};
