import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, type ServiceCredentials } from '@callreel/synthetic/service.ts';
import { DemoError } from './demo-error.ts';

/** In which the service shows and takes times. */
export const TIME_ZONE = 'Asia/Shanghai';

/** With the exit codes that shells have for them: 128 + the signal's number. */
const ENDING_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Children of a service that was killed go on writing for a moment. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 200 } as const;

export type RunningService = {
  /** Without a slash at the end. */
  url: string;
  credentials: ServiceCredentials;
  /** Rejects with DemoError where the service ends by itself; never resolves. */
  died: Promise<never>;
};

const diedOf = async (service: Service): Promise<never> => {
  const { code, signal } = await service.exited;
  throw DemoError.serviceDied(signal ?? `exit code ${code}`, service.output);
};

/**
 * Runs the real service, as a process of its own on free ports, for as long as `use` takes; then it is stopped, its data are removed and
 * its log is written to `logPath`. A signal (Ctrl-C, a closed terminal, a runner's time limit) ends both at once, and removes the data too. Throws ServiceError where it does not start or stop.
 */
export const withService = async <Result>(
  logPath: string,
  use: (service: RunningService) => Promise<Result>,
): Promise<Result> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'callreel-demo-'));
  const clientSecret = randomBytes(24).toString('base64url');
  const credentials = { org: 'demo', app: 'demo', clientId: 'demo-client', clientSecret };
  const settings = {
    CALLREEL_BOOTSTRAP: `demo/demo:${credentials.clientId}:${clientSecret}`,
    CALLREEL_TIME_ZONE: TIME_ZONE,
  };
  for (const [signal, code] of Object.entries(ENDING_SIGNALS)) process.once(signal, () => process.exit(code));
  const removeData = (): void => rmSync(dataDir, REMOVAL);
  process.once('exit', removeData);
  const service = await Service.start({ dataDir, settings });
  try {
    const died = diedOf(service);
    died.catch(() => {});
    return await use({ url: service.url, credentials, died });
  } finally {
    await service.stop();
    await writeFile(logPath, service.output);
    await rm(dataDir, REMOVAL);
    process.off('exit', removeData);
  }
};
