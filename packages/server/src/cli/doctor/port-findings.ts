/** Words for ports that cannot be had. */
import { ok, problem, type Seen, warning } from './finding.ts';
import type { PortOwner } from './service-process.ts';

const ADVICE: Readonly<Record<string, (setting: string) => string>> = {
  EACCES: (setting) => `ports below 1024 are for root: set ${setting} to a higher one, or grant CAP_NET_BIND_SERVICE`,
  EADDRNOTAVAIL: () => 'this machine has no such address: set CALLREEL_HOST',
  ENOTFOUND: () => 'the name is not known: set CALLREEL_HOST to an address of this machine',
  EAI_AGAIN: () => 'the name cannot be looked up now: set CALLREEL_HOST to an address of this machine',
};

/** For whatever keeps a port from being bound but its being taken. */
export const explainBind = (place: string, code: string, setting: string): Seen =>
  problem(`${place} cannot be bound (${code})`, ADVICE[code]?.(setting) ?? `set CALLREEL_HOST and ${setting}`);

type Taken = {
  place: string;
  setting: string;
  owner: PortOwner | undefined;
  servicePid: number | undefined;
  /** Whether the port's owner is the running service, or its child. */
  isOurs: boolean;
};

export const judgeTaken = ({ place, setting, owner, servicePid, isOurs }: Taken): Seen => {
  if (owner !== undefined && isOurs) return ok(`${place} is the running service's (process ${owner.pid})`);
  const advice = `stop that program, or set ${setting}`;
  if (owner !== undefined) return problem(`${place} is taken by ${owner.command} (process ${owner.pid})`, advice);
  // Linux tells whether the service runs, if not what other users' programs have.
  const canTell = process.platform === 'linux' && servicePid === undefined;
  if (canTell) return problem(`${place} is taken by another program`, advice);
  return warning(
    `${place} is taken, and the system does not say by whom`,
    `right where the service runs; else ${advice}`,
  );
};
