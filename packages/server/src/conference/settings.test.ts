import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConferenceSettings, readConferenceType } from './settings.ts';

test('what is not said is as the vendor has it', () => {
  assert.equal(readConferenceType({}), 'COMMUNICATION');
  assert.deepEqual(readConferenceSettings({}), {
    confrDelayMs: 120_000,
    defaultRole: 'talker',
    allowAudienceTalk: true,
    videoCodecs: ['VP8', 'H264', 'VP9', 'AV1', 'H265'],
    maxTalkers: 9,
    maxVideos: 18,
    maxAudience: 600,
  });
});

test("types and roles go by the vendor's numbers", () => {
  assert.deepEqual(
    ([10, 11, 12] as const).map((confrType) => readConferenceType({ confrType })),
    ['COMMUNICATION', 'COMMUNICATION_MIX', 'LIVE'],
  );
  assert.deepEqual(
    ([1, 3, 7] as const).map((memDefaultRole) => readConferenceSettings({ memDefaultRole }).defaultRole),
    ['audience', 'talker', 'admin'],
  );
});

test('codecs: those that are named in their order, once each; both, H264 first, for WeChat', () => {
  assert.deepEqual(readConferenceSettings({ useVCodes: ['H264'] }).videoCodecs, ['H264']);
  assert.deepEqual(readConferenceSettings({ useVCodes: ['H264', 'VP8', 'H264'] }).videoCodecs, ['H264', 'VP8']);
  const forWechat = { supportWechatMiniProgram: true, useVCodes: ['VP8' as const] };
  assert.deepEqual(readConferenceSettings(forWechat).videoCodecs, ['H264', 'VP8']);
});
