/** Everything that reads what others wrote. */
import type { FuzzTarget } from './target.ts';
import { EMEDIA_TARGETS } from './targets/emedia.ts';
import { FORWARD_TARGETS } from './targets/forward.ts';
import { RECORDING_TARGETS } from './targets/recording.ts';
import { RTP_TARGETS } from './targets/rtp.ts';
import { SDP_TARGETS } from './targets/sdp.ts';
import { SETTINGS_TARGETS } from './targets/settings.ts';
import { WEB_TARGETS } from './targets/web.ts';

export const TARGETS: readonly FuzzTarget[] = [
  ...SDP_TARGETS,
  ...RTP_TARGETS,
  ...FORWARD_TARGETS,
  ...RECORDING_TARGETS,
  ...WEB_TARGETS,
  ...EMEDIA_TARGETS,
  ...SETTINGS_TARGETS,
];
