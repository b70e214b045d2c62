/** Opus packets to RTP payloads (RFC 7587): each packet is one payload. */
export const packetizeOpus = (packet: Uint8Array): Uint8Array[] => [packet];
