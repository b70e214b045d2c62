import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_SAMPLE_FMT_FLT,
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

/**
 * `application=audio` keeps Opus to its transform coder: the start of a beep stays sharp. As in a browser, a packet's time is that of
 * the first sample that went into it; the encoder's 6.5 ms of lookahead are what a file's pre-skip (312 samples) makes good.
 */
const openEncoder = (): CodecContext => {
  Log.setLevel(AV_LOG_ERROR);
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBOPUS);
  if (!codec) throw PrepareError.encoderMissing('libopus');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = SAMPLES_PER_SECOND;
  context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  context.sampleFormat = AV_SAMPLE_FMT_FLT;
  context.bitRate = BITS_PER_SECOND;
  context.timeBase = new Rational(1, SAMPLES_PER_SECOND);
  const options = { application: 'audio', frame_duration: String(SOUND_PACKET_MS), vbr: 'on' };
  for (const [option, value] of Object.entries(options)) {
    checkEncoder(option, context.setOption(option, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN));
  }
  checkEncoder('opening libopus', context.open2Sync(codec));
  return context;
};

const openFrame = (): Frame => {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = SAMPLES_PER_SECOND;
  frame.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  frame.nbSamples = SOUND_PACKET_SAMPLES;
  checkEncoder('sound buffer', frame.getBuffer());
  return frame;
};

const write = (frame: Frame, samples: Float32Array): void => {
  checkEncoder('sound buffer', frame.makeWritable());
  const target = frame.data?.[0];
  target?.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
};

/** Encodes `packetCount` Opus packets of 20 ms, one at a time as they are asked for. */
export function* encodeSound(voice: Voice, packetCount: number): Generator<Uint8Array> {
  const context = openEncoder();
  const frame = openFrame();
  const packet = new Packet();
  packet.alloc();
  try {
    for (let index = 0; index < packetCount; index++) {
      const first = index * SOUND_PACKET_SAMPLES;
      write(frame, makeSound(voice, first, SOUND_PACKET_SAMPLES));
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
