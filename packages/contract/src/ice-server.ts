import { type Static, Type } from 'typebox';

/** A STUN or TURN server, as browsers take it (`RTCIceServer`). */
export const IceServer = Type.Object({
  urls: Type.Array(Type.String()),
  username: Type.Optional(Type.String({ description: 'With `credential` of TURN, without of STUN' })),
  credential: Type.Optional(Type.String()),
});
export type IceServer = Static<typeof IceServer>;
