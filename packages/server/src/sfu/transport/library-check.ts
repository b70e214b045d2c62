/** Whether the native WebRTC library works here. It is loaded by importing this: do so in a child. */
import { getLibraryVersion, PeerConnection } from 'node-datachannel';
import { RtcPort } from './rtc-port.ts';

/** Opens a port and makes a connection's own end, on loopback. Says which version it is. Throws. */
export const checkLibrary = async (): Promise<string> => {
  const port = await RtcPort.open(0, '127.0.0.1');
  try {
    new PeerConnection('check', port.connectionConfig).close();
  } finally {
    port.close();
  }
  return getLibraryVersion();
};
