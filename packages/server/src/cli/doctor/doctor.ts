/** Looks at everything the service needs, and says what is wrong. One check that fails keeps no other from being made. */
import { type Config, ConfigError, readConfig } from '../../base/config.ts';
import { checkAddresses } from './addresses.ts';
import type { Circumstances } from './circumstances.ts';
import { checkClock } from './clock.ts';
import { checkData } from './data-folder.ts';
import { checkDatabase } from './database.ts';
import { CHECK_NAMES, type CheckName, type Finding, ok, problem, type Seen } from './finding.ts';
import { checkHttp } from './http-port.ts';
import { checkBuffers, checkMemory, checkNode } from './machine.ts';
import { checkMedia } from './media-ports.ts';
import { checkCodecs, checkWebrtc } from './native-libraries.ts';
import { findService } from './service-process.ts';
import { checkTls } from './tls.ts';

type MachineCheck = () => Promise<Seen[]>;
type ServiceCheck = (circumstances: Circumstances) => Promise<Seen[]>;

/** Of the machine alone: made also where the settings cannot be read. */
const MACHINE_CHECKS = {
  node: checkNode,
  memory: checkMemory,
  clock: checkClock,
  codecs: checkCodecs,
  webrtc: checkWebrtc,
  buffers: checkBuffers,
} as const satisfies Partial<Record<CheckName, MachineCheck>>;

const SERVICE_CHECKS = {
  data: checkData,
  database: checkDatabase,
  http: checkHttp,
  media: checkMedia,
  tls: checkTls,
  addresses: checkAddresses,
} as const satisfies Record<Exclude<CheckName, keyof typeof MACHINE_CHECKS | 'settings'>, ServiceCheck>;

const failed = (error: unknown): Seen => {
  const message = error instanceof Error ? error.message : String(error);
  return problem(`it could not be looked at: ${message}`, 'see what the message says');
};

const readSettings = (env: NodeJS.ProcessEnv): { config: Config | undefined; seen: Seen[] } => {
  try {
    return { config: readConfig(env), seen: [ok('the settings can be used')] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const seen = error.problems.map((text) =>
      problem(text, 'see docs/settings.md; checks that need settings are left out'),
    );
    return { config: undefined, seen };
  }
};

/** In the order of CHECK_NAMES. */
export const examine = async (env: NodeJS.ProcessEnv): Promise<Finding[]> => {
  const { config, seen } = readSettings(env);
  const circumstances = config && { config, servicePid: await findService(config.dataDir) };
  const findings: Finding[] = seen.map((finding) => ({ check: 'settings', ...finding }));
  for (const check of CHECK_NAMES) {
    if (check === 'settings') continue;
    const made = await look(check, circumstances).catch((error: unknown) => [failed(error)]);
    findings.push(...made.map((finding) => ({ check, ...finding })));
  }
  return findings;
};

const look = async (
  check: Exclude<CheckName, 'settings'>,
  circumstances: Circumstances | undefined,
): Promise<Seen[]> => {
  const machineChecks: Partial<Record<CheckName, MachineCheck>> = MACHINE_CHECKS;
  const serviceChecks: Partial<Record<CheckName, ServiceCheck>> = SERVICE_CHECKS;
  if (machineChecks[check]) return await machineChecks[check]();
  return circumstances && serviceChecks[check] ? await serviceChecks[check](circumstances) : [];
};
