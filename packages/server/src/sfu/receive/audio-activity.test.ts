import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_LEVEL_URI } from '@callreel/media/rtp/header-extension.ts';
import { parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { AudioActivity } from './audio-activity.ts';

const audioOf = (offer: string) =>
  chooseMedia(parseOffer(offer), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }).audio;
const AUDIO = audioOf(CHROMIUM_OFFER);
const ID = AUDIO?.offered.extensions.find(({ uri }) => uri === AUDIO_LEVEL_URI)?.id ?? 0;

/** A packet of 20 ms whose sender says so loud. */
const packet = (levelDbov: number, id = ID): RtpPacket => {
  const header = Buffer.alloc(21);
  header.writeUInt8(0x90, 0);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  header.writeUInt8(id << 4, 16);
  header.writeUInt8(-levelDbov, 17);
  const parsed = parseRtp(header);
  assert.ok(parsed);
  return parsed;
};

class Listener {
  readonly told: boolean[] = [];
  readonly activity: AudioActivity;
  nowMs = 1000;

  constructor(audio = AUDIO) {
    this.activity = new AudioActivity({ audio, onChanged: (speaks) => this.told.push(speaks) });
  }

  hear(ms: number, levelDbov: number, id = ID): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += 20) {
      this.activity.handlePacket(packet(levelDbov, id), this.nowMs);
      this.activity.tick(this.nowMs);
    }
  }

  wait(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += 50) this.activity.tick(this.nowMs);
  }
}

test('speech begins and ends once, pauses between words and all', () => {
  const listener = new Listener();
  for (let word = 0; word < 5; word++) {
    listener.hear(200, -25);
    listener.hear(300, -70);
  }
  assert.deepEqual(listener.told, [true]);
  listener.hear(1000, -127);
  assert.deepEqual(listener.told, [true, false]);
});

test('a click and the noise of a room are no speech', () => {
  const listener = new Listener();
  for (let click = 0; click < 20; click++) {
    listener.hear(40, -10);
    listener.hear(200, -60);
  }
  listener.hear(5000, -50);
  assert.deepEqual(listener.told, []);
});

test('a sender that goes silent without a packet, or is stopped, speaks no more', () => {
  const listener = new Listener();
  listener.hear(200, -20);
  listener.wait(700);
  assert.deepEqual(listener.told, [true, false]);
  listener.hear(200, -20);
  listener.activity.stop();
  listener.activity.stop();
  assert.deepEqual(listener.told, [true, false, true, false]);
});

test('who says no levels, or under another id than he offered, is never known to speak', () => {
  const without = CHROMIUM_OFFER.split('\r\n').filter((line) => !line.includes(AUDIO_LEVEL_URI));
  const silent = new Listener(audioOf(without.join('\r\n')));
  silent.hear(1000, -20);
  const other = new Listener();
  other.hear(1000, -20, ID === 1 ? 2 : 1);
  assert.deepEqual([...silent.told, ...other.told], []);
});
