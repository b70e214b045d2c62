"""Publishes a file by WHIP with GStreamer's webrtcbin, as OBS and other encoders do: H264 of its own making, its own payload types,
no simulcast, a=setup:actpass. Ends the publication when the file is over.

gstreamer-whip.py FILE URL TOKEN VIDEO_ENCODER
FILE is a .webm of VP8 and Opus; VIDEO_ENCODER is a part of a pipeline that ends in an RTP payloader.
"""

import os
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

# A live source, of whatever, so that sinks do not wait for one another before anything plays.
PIPELINE = """
audiotestsrc is-live=true ! fakesink async=false
webrtcbin name=webrtc bundle-policy=max-bundle
filesrc location="{file}" ! matroskademux name=demux
demux. ! queue ! vp8dec ! clocksync ! videoconvert ! {video} ! webrtc.
demux. ! queue ! opusdec ! clocksync ! audioconvert ! opusenc ! rtpopuspay pt=97
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc.
"""


class Publisher:
    def __init__(self, file, url, token, video):
        self.url, self.token, self.resource = url, token, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PIPELINE.format(file=file, video=video))
        self.webrtc = self.pipeline.get_by_name("webrtc")
        self.webrtc.connect("on-negotiation-needed", self.offer)
        self.webrtc.connect("notify::ice-gathering-state", self.gathered)
        self.webrtc.connect("notify::connection-state", self.connected)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.failed)
        # Without it webrtcbin's reports say that media time runs twice as fast.
        bus.connect("message::latency", lambda *_: self.pipeline.recalculate_latency())
        for index in range(2):
            transceiver = self.webrtc.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            transceiver.set_property("do-nack", True)
        # webrtcbin forwards no end of stream: it is seen where it enters.
        self.open_pads = 0
        for pad in self.webrtc.sinkpads:
            self.open_pads += 1
            pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self.event)

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def offer(self, _):
        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, None))

    def offered(self, promise, _):
        # In one expression the reply would be freed, and its description with it.
        reply = promise.get_reply()
        description = reply.get_value("offer")
        self.webrtc.emit("set-local-description", description, Gst.Promise.new())

    def gathered(self, webrtc, _):
        if webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.post)

    def post(self):
        local = self.webrtc.get_property("local-description")
        text = local.sdp.as_text()
        request = urllib.request.Request(self.url, text.encode(), self.headers("application/sdp"), method="POST")
        with urllib.request.urlopen(request) as answer:
            self.resource = urllib.parse.urljoin(self.url, answer.headers["Location"])
            _, sdp = GstSdp.SDPMessage.new_from_text(answer.read().decode())
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit("set-remote-description", description, Gst.Promise.new())

    def connected(self, webrtc, _):
        state = webrtc.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.FAILED:
            fail(ConnectionError, "the connection failed", None)

    def event(self, _, info):
        if info.get_event().type == Gst.EventType.EOS:
            self.open_pads -= 1
            if self.open_pads == 0:
                GLib.timeout_add(1000, self.end)
        return Gst.PadProbeReturn.OK

    def end(self):
        request = urllib.request.Request(self.resource, headers=self.headers(), method="DELETE")
        urllib.request.urlopen(request).close()
        self.loop.quit()

    def failed(self, _, message):
        print("error:", *message.parse_error(), flush=True)
        self.loop.quit()

    def headers(self, content_type=None):
        headers = {"Authorization": "Bearer " + self.token}
        return headers | {"Content-Type": content_type} if content_type else headers


def fail(kind, error, _):
    """Callbacks of GLib's would print it and go on waiting."""
    print("error:", kind.__name__, error, flush=True)
    os._exit(1)


sys.excepthook = fail
Gst.init(None)
Publisher(*sys.argv[1:]).run()
