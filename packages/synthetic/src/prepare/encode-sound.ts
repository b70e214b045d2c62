import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_SAMPLE_FMT_FLT,
  type ChannelLayout,
  Codec,
  CodecContext,
  FF_ENCODER_LIBOPUS,
  Frame,
  Log,
  Packet,
  Rational,
} from 'node-av';
import { checkEncoder, PrepareError } from './prepare-error.ts';
import { makeSound, SAMPLES_PER_SECOND, type Voice } from './sound.ts';

export const SOUND_PACKET_MS = 20;
export const SOUND_PACKET_SAMPLES = (SAMPLES_PER_SECOND * SOUND_PACKET_MS) / 1000;

const BITS_PER_SECOND = 48_000n;

/** How Opus is coded; a browser's microphone unless said otherwise. */
export type OpusPlan = {
  channels?: 1 | 2;
  /** 20 unless said otherwise; packets of 60 and 120 ms hold several frames. */
  packetMs?: 20 | 60 | 120;
  /** Each packet holds a rough copy of the one before (RFC 6716 section 2.1.7): speech coding, at the price of the beeps' sharpness. */
  fec?: boolean;
};

/**
 * `application=audio` keeps Opus to its transform coder: the start of a beep stays sharp. As in a browser, a packet's time is that of
 * the first sample that went into it; the encoder's 6.5 ms of lookahead are what a file's pre-skip (312 samples) makes good.
 */
const openEncoder = ({ channels = 1, packetMs = SOUND_PACKET_MS, fec = false }: OpusPlan): CodecContext => {
  Log.setLevel(AV_LOG_ERROR);
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBOPUS);
  if (!codec) throw PrepareError.encoderMissing('libopus');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = SAMPLES_PER_SECOND;
  context.channelLayout = layoutOf(channels);
  context.sampleFormat = AV_SAMPLE_FMT_FLT;
  context.bitRate = BITS_PER_SECOND;
  context.timeBase = new Rational(1, SAMPLES_PER_SECOND);
  const coding = fec ? { application: 'voip', fec: '1', packet_loss: '20' } : { application: 'audio' };
  const options = { ...coding, frame_duration: String(packetMs), vbr: 'on' };
  for (const [option, value] of Object.entries(options)) {
    checkEncoder(option, context.setOption(option, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN));
  }
  checkEncoder('opening libopus', context.open2Sync(codec));
  return context;
};

const layoutOf = (channels: 1 | 2): ChannelLayout =>
  channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;

const openFrame = (channels: 1 | 2, samples: number): Frame => {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = SAMPLES_PER_SECOND;
  frame.channelLayout = layoutOf(channels);
  frame.nbSamples = samples;
  checkEncoder('sound buffer', frame.getBuffer());
  return frame;
};

const write = (frame: Frame, samples: Float32Array): void => {
  checkEncoder('sound buffer', frame.makeWritable());
  const target = frame.data?.[0];
  target?.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
};

/** The same sound on each of the channels, sample by sample. */
const spread = (mono: Float32Array, channels: 1 | 2): Float32Array =>
  channels === 1 ? mono : Float32Array.from({ length: 2 * mono.length }, (_, index) => mono[index >> 1] ?? 0);

/** Encodes `durationMs` of sound in Opus packets, one at a time as they are asked for. */
export function* encodeSound(voice: Voice, durationMs: number, plan: OpusPlan = {}): Generator<Uint8Array> {
  const { channels = 1, packetMs = SOUND_PACKET_MS } = plan;
  const samples = (SAMPLES_PER_SECOND * packetMs) / 1000;
  const context = openEncoder(plan);
  const frame = openFrame(channels, samples);
  const packet = new Packet();
  packet.alloc();
  try {
    for (let first = 0; first * 1000 < durationMs * SAMPLES_PER_SECOND; first += samples) {
      write(frame, spread(makeSound(voice, first, samples), channels));
      frame.pts = BigInt(first);
      checkEncoder('encoding sound', context.sendFrameSync(frame));
      checkEncoder('encoding sound', context.receivePacketSync(packet));
      yield Uint8Array.from(packet.data ?? []);
      packet.unref();
    }
  } finally {
    packet.free();
    frame.free();
    context.freeContext();
  }
}
