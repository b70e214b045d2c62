/** Something that receives publishers over WebRTC and records them, and that is measured doing so. */
export type RecordingSubject = {
  /** The process whose CPU time counts. */
  pid: number;
  /** Takes an offer and gives the answer; what comes is recorded. */
  publish: (offer: string, index: number) => Promise<string>;
  /** Ends all publications. Resolves when the files are written, with their sizes added up. */
  finish: () => Promise<number>;
  close: () => Promise<void>;
};
