/** Who was there, published, was silenced and spoke while a recording was made, in the times of its file. Exact meanings: docs/formats/timeline.md. */
import { type Static, Type } from 'typebox';
import { Gap } from './recording-report.ts';

const STRETCH = {
  startMs: Type.Number({ description: 'Milliseconds of the file; 0 also where it began before' }),
  endMs: Type.Number({ description: 'Milliseconds of the file; its length also where it went on' }),
};
export const Stretch = Type.Object(STRETCH);
export type Stretch = Static<typeof Stretch>;

const stretches = (description: string) => Type.Array(Stretch, { description });

export const TimelinePublication = Type.Object({
  ...STRETCH,
  pubStreamId: Type.String(),
  kind: Type.Enum(['av', 'desktop'], { description: 'Camera and microphone, or a shared screen' }),
  recordings: Type.Array(Type.Object({ ...STRETCH, id: Type.Integer() }), {
    description:
      'Its own recordings of that time, where they are listed: several where it was stopped and started by hand',
  }),
  lost: stretches('Its connection was lost'),
  audioOff: stretches('Its publisher said that its sound is off'),
  videoOff: stretches('Its publisher said that its picture is off'),
  gaps: Type.Optional(
    Type.Array(Gap, {
      description:
        'What its recordings have no media of, in times of this file; absent where this file is made of none of them',
    }),
  ),
});
export type TimelinePublication = Static<typeof TimelinePublication>;

export const TimelineMember = Type.Object({
  ...STRETCH,
  memberId: Type.String({ description: 'One stay of a user: whoever comes again has another' }),
  userName: Type.String({ description: 'org#app_user' }),
  lost: stretches('There was no sign of him'),
  muted: stretches('An admin or the application silenced him'),
  spoke: stretches('There was speech in what his microphone sent, as far as his client tells its level'),
  publications: Type.Array(TimelinePublication, { description: 'In the order of their begin' }),
});
export type TimelineMember = Static<typeof TimelineMember>;

export const RecordingTimeline = Type.Object({
  id: Type.Integer({ description: 'The recording' }),
  durationMs: Type.Number(),
  members: Type.Array(TimelineMember, { description: 'Who was in the conference meanwhile, in the order of joining' }),
});
export type RecordingTimeline = Static<typeof RecordingTimeline>;
