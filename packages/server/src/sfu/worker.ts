/** A media process: WebRTC connections and their recordings. A native fault here costs its calls a reconnect, and never the API. */
import { serveParent } from '../base/child-port.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import { PublicationRecorder } from '../recorder/publication-recorder.ts';
import { MediaService } from './media-service.ts';
import type { MediaEvent, MediaProcessSettings, MediaReply, MediaRequest } from './protocol.ts';
import type { StartRecorder } from './publication-recordings.ts';
import { startLibraryThreads } from './transport/library-threads.ts';

const settings = JSON.parse(process.argv[2] ?? '') as MediaProcessSettings;

/** Standard error ends in the server's log. */
const startRecorder: StartRecorder = (spec, requestKeyFrame) =>
  new PublicationRecorder({
    spec,
    spoolDir: settings.spoolDir,
    nowMs,
    requestKeyFrame,
    onError: (error) => process.stderr.write(`${error.reason}: ${error.message}\n`),
  });

await startLibraryThreads();

const service: MediaService = new MediaService({
  settings,
  startRecorder,
  nowMs,
  emit: (event) => port.emit(event),
});

const port = serveParent<MediaRequest, MediaReply, MediaEvent>({
  handle: (request) => service.handle(request),
  close: () => service.close(process.connected ? 'shutdown' : 'orphaned'),
});
