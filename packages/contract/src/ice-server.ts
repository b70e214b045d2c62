/** A STUN or TURN server, as browsers take it (`RTCIceServer`). */
export type IceServer = {
  urls: string[];
  /** Both for TURN, neither for STUN. */
  username?: string;
  credential?: string;
};
