import type { RecordingView } from '@callreel/contract/recording.ts';
import { type Calls, curlOf, type Json } from './calls.ts';
import { DemoError } from './demo-error.ts';

const POLL_EVERY_MS = 250;
const LISTED_WITHIN_MS = 60_000;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const isMerged = ({ recordType }: RecordingView): boolean => recordType === 'MERGE_ALL';

/** Polls call 1 until so many files are listed of those that `which` takes; yields all that are. Throws DemoError. */
export const waitUntilListed = async (
  calls: Calls,
  confrId: string,
  wanted: { what: string; count: number; which: (recording: RecordingView) => boolean },
): Promise<RecordingView[]> => {
  const deadlineMs = performance.now() + LISTED_WITHIN_MS;
  for (;;) {
    const listed = await calls.recordingsOf(confrId);
    if (listed.filter(wanted.which).length >= wanted.count) return listed;
    if (performance.now() > deadlineMs) {
      const found = listed.map(({ recordType }) => recordType).join(', ') || 'nothing';
      throw DemoError.notListed(LISTED_WITHIN_MS, wanted.what, found);
    }
    await delay(POLL_EVERY_MS);
  }
};

const TITLES: Record<1 | 2 | 3 | 4, string> = {
  1: 'all files of the conference',
  2: 'all files in a span of time',
  3: 'merged files in a span of time',
  4: 'the files of alice in the conference',
};

/** What each call must answer, of what call 1 listed. */
const WANTED: Record<1 | 2 | 3 | 4, (recording: RecordingView) => boolean> = {
  1: () => true,
  2: () => true,
  3: isMerged,
  4: (recording) => !isMerged(recording) && recording.userName.endsWith('_alice'),
};

const idsOf = (recordings: readonly RecordingView[]): string => recordings.map(({ id }) => id).join(', ');

/** Makes the four calls, prints each with its answer, and says what was wrong with the answers. */
export const showRetrieval = async (
  calls: Calls,
  requests: Record<1 | 2 | 3 | 4, Json>,
  listed: readonly RecordingView[],
  print: (text: string) => void,
): Promise<string[]> => {
  const problems: string[] = [];
  for (const number of [1, 2, 3, 4] as const) {
    const answer = await calls.send<RecordingView[]>(requests[number]);
    print(`\nCall ${number}: ${TITLES[number]}\n$ ${curlOf(calls.baseUrl, requests[number])}`);
    print(JSON.stringify(answer, null, 2));
    const wanted = idsOf(listed.filter(WANTED[number]));
    if (idsOf(answer) !== wanted) problems.push(`call ${number} answered ids ${idsOf(answer)}, not ${wanted}`);
  }
  return problems;
};
