/** Whether something is recorded at a moment: a publication, or what a conference's next ones begin with. */
import { type Static, Type } from 'typebox';

/** `paused`: it goes on in the same file, with a marked gap. */
export const RecordingState = Type.Enum<['recording', 'paused', 'stopped']>(['recording', 'paused', 'stopped']);
export type RecordingState = Static<typeof RecordingState>;
