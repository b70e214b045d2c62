/** GStreamer as a publisher: a file, encoded and sent anew by its webrtcbin. */
import { fileURLToPath } from 'node:url';
import { skipUnless } from './installed.ts';
import { runToEnd, type WhipTarget } from './publishing-program.ts';

const SCRIPT = fileURLToPath(new URL('gstreamer-whip.py', import.meta.url));
/** Debian's: other Pythons do not see its GObject modules. */
const PYTHON = '/usr/bin/python3';
const PROBE = `
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstWebRTC
Gst.init(None)
for name in ("webrtcbin", "nicesink", "x264enc", "vp8dec", "opusenc", "dtlssrtpenc", "srtpenc"): assert Gst.ElementFactory.find(name)
`;

export const skip = skipUnless(
  [PYTHON, '-c', PROBE],
  [
    'python3-gi',
    'gir1.2-gst-plugins-bad-1.0',
    'gir1.2-gst-plugins-base-1.0',
    'gstreamer1.0-nice',
    'gstreamer1.0-plugins-base',
    'gstreamer1.0-plugins-good',
    'gstreamer1.0-plugins-bad',
    'gstreamer1.0-plugins-ugly',
  ],
);

const payloader = 'rtph264pay pt=103 config-interval=-1 aggregate-mode=zero-latency';
const caps = 'application/x-rtp,media=video,encoding-name=H264,payload=103';

/** As OBS encodes for WHIP: no pictures that lean on later ones. */
export const H264 = `x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=25 ! video/x-h264,profile=constrained-baseline ! ${payloader} ! ${caps}`;

/** As encoders are set for files: two pictures in three lean on later ones, and are sent after those. */
export const H264_WITH_B_FRAMES = `x264enc speed-preset=ultrafast bframes=2 b-adapt=false rc-lookahead=4 sync-lookahead=0 sliced-threads=true bitrate=400 key-int-max=25 ! video/x-h264,profile=main ! ${payloader} ! ${caps}`;

/** Publishes a .webm in real time; resolves when it ended the publication. */
export const publishByGstreamer = (path: string, { whipUrl, token }: WhipTarget, encoder: string): Promise<void> =>
  runToEnd(PYTHON, [SCRIPT, path, whipUrl, token, encoder]);
