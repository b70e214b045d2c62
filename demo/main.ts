/** `npm run demo`: a recorded call from beginning to end, with the real service, and a check of every file. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { CALL_MS, holdCall, prepareAll, STREAMS } from './callers.ts';
import { Calls, curlOf, toSpanTime } from './calls.ts';
import { type Checked, checkFile } from './check.ts';
import { download } from './download.ts';
import { Progress } from './progress.ts';
import { filesTable, openingHints } from './report.ts';
import { isMerged, showRetrieval, waitUntilListed } from './retrieval.ts';
import { type RunningService, TIME_ZONE, withService } from './service.ts';

const OUTPUT = fileURLToPath(new URL('../demo-output/', import.meta.url));
const LOG = join(OUTPUT, 'service.log');

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const progress = new Progress(process.stdout);

/** Makes a conference, has the callers hold their call in it, and waits until all of it is listed. */
const recordCall = async (calls: Calls, media: readonly PreparedMedia[]): Promise<string> => {
  const { id: confrId } = await calls.createConference({ rec: true, recMerge: true, creator: 'alice' });
  const members = { alice: await calls.join(confrId, 'alice'), bob: await calls.join(confrId, 'bob') };
  print(`  Conference ${confrId}, recorded and merged`);
  progress.begin(`Alice and Bob talk for ${CALL_MS / 1000} s, Alice shares her screen`);
  await holdCall(media, members, (elapsedMs) => progress.update(`${Math.floor(elapsedMs / 1000)} s`));
  progress.end();

  progress.begin('They leave; waiting for their files');
  await Promise.all([calls.leave(members.alice), calls.leave(members.bob)]);
  const what = 'file for each stream';
  await waitUntilListed(calls, confrId, { what, count: STREAMS.length, which: (recording) => !isMerged(recording) });
  progress.end('listed');
  progress.begin('Waiting for the merged file');
  await waitUntilListed(calls, confrId, { what: 'merged file', count: 1, which: isMerged });
  progress.end('listed');
  return confrId;
};

const downloadAndCheck = async (calls: Calls, confrId: string): Promise<Checked[]> => {
  const checked: Checked[] = [];
  progress.begin('Downloading every file through its link, and checking it');
  for (const recording of await calls.recordingsOf(confrId)) {
    const file = await download(recording, OUTPUT);
    progress.update(basename(file.path));
    checked.push(await checkFile(file));
  }
  progress.end();
  return checked;
};

/** Runs the demo against a service; yields what did not hold. */
const demonstrate = async (service: RunningService, media: readonly PreparedMedia[]): Promise<string[]> => {
  const calls = new Calls(service.url, service.credentials);
  const since = new Date();
  await calls.signIn(service.credentials);
  const confrId = await recordCall(calls, media);

  print(
    `\n$ TOKEN=$(${curlOf(service.url, calls.tokenRequest(service.credentials))} | sed 's/.*"access_token":"\\([^"]*\\).*/\\1/')`,
  );
  const until = new Date(Date.now() + 1000);
  const requests = calls.retrieval(confrId, 'alice', toSpanTime(since, TIME_ZONE), toSpanTime(until, TIME_ZONE));
  const wrongAnswers = await showRetrieval(calls, requests, await calls.recordingsOf(confrId), print);

  print('');
  const checked = await downloadAndCheck(calls, confrId);
  print(`\n${filesTable(checked)}\n\n${openingHints(checked)}`);
  const wrongFiles = checked.flatMap(({ download: { path }, problems }) =>
    problems.map((problem) => `${path}: ${problem}`),
  );
  return [...wrongAnswers, ...wrongFiles];
};

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error ? error.message : (error.stack ?? error.message);
};

/** Yields what did not hold; nothing where all did. */
const run = async (): Promise<string[]> => {
  await rm(OUTPUT, { recursive: true, force: true });
  await mkdir(OUTPUT, { recursive: true });
  progress.begin('Starting the service and preparing the callers');
  const prepared = prepareAll();
  prepared.catch(() => {});
  return withService(LOG, async (service) => {
    const media = await prepared;
    progress.end(service.url);
    const wrong = await Promise.race([demonstrate(service, media), service.died]);
    progress.begin('Stopping the service and removing its data');
    return wrong;
  });
};

/** Yields what did not hold, with what kept the demo from going on. */
const runAll = async (): Promise<string[]> => {
  try {
    const problems = await run();
    progress.end();
    return problems;
  } catch (error) {
    progress.fail();
    return [explain(error)];
  }
};

print('Callreel: a recorded call, end to end\n');
const problems = await runAll();
const list = problems.map((problem) => `  ✗ ${problem}`).join('\n');
print(problems.length === 0 ? '\nAll of it held.' : `\nThis did not hold:\n${list}\nThe log of the service: ${LOG}`);
// Callers of a demo that broke off may still be on their way.
process.exit(problems.length === 0 ? 0 : 1);
