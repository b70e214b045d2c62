/** Whether media can be received where the settings say. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Config } from '../../base/config.ts';
import { mediaAddress } from '../../base/media-address.ts';
import type { Circumstances } from './circumstances.ts';
import { ok, type Seen, warning } from './finding.ts';
import { explainBind, judgeTaken } from './port-findings.ts';
import { findPortOwner } from './service-process.ts';

/** Undefined where it could be taken; else the system's error code. */
const tryBind = async (address: string, port: number): Promise<string | undefined> => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.close();
  }
};

export const checkMedia = async ({ config, servicePid }: Circumstances): Promise<Seen[]> => {
  if (config.rtcPort === 0)
    return [warning('free UDP ports are picked at each start', 'to open them in a firewall set CALLREEL_RTC_PORT')];
  const ports = Array.from({ length: config.mediaProcesses }, (_, index) => config.rtcPort + index);
  return await Promise.all(ports.map((port) => checkPort(config, port, servicePid)));
};

const checkPort = async (config: Config, port: number, servicePid: number | undefined): Promise<Seen> => {
  const address = mediaAddress(config.host);
  const place = `UDP port ${port} of ${address}`;
  const code = await tryBind(address, port);
  if (code === undefined) return isFree(place, servicePid);
  if (code !== 'EADDRINUSE') return explainBind(place, code, 'CALLREEL_RTC_PORT');
  const owner = await findPortOwner('udp', port);
  const isOurs = owner?.parentPid === servicePid;
  return judgeTaken({ place, setting: 'CALLREEL_RTC_PORT', owner, servicePid, isOurs });
};

const isFree = (place: string, servicePid: number | undefined): Seen =>
  servicePid === undefined
    ? ok(`${place} is free`)
    : warning(
        `${place} is free, though the service runs (process ${servicePid})`,
        "run the doctor with the service's own settings; where they are these, its media process is being started again",
      );
