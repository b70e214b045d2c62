import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearMiss } from './near-miss.ts';

const NAMES = ['PORT', 'HOST', 'RTC_PORT', 'DATA_DIR', 'DATABASE_URL'];

test('letters swapped, left out, put in or mistaken find the name', () => {
  assert.equal(nearMiss('PROT', NAMES), 'PORT');
  assert.equal(nearMiss('PRT', NAMES), 'PORT');
  assert.equal(nearMiss('RTCPORT', NAMES), 'RTC_PORT');
  assert.equal(nearMiss('DATBASE_URI', NAMES), 'DATABASE_URL');
});

test('what is like none of them finds none', () => {
  for (const given of ['', 'X', 'PASSWORD', 'PROXY_HEADERS', 'P'.repeat(10_000)]) {
    assert.equal(nearMiss(given, NAMES), undefined, given.slice(0, 20));
  }
});

test('every name finds itself, and with one letter gone still some name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.nat(), (name, at) => {
      const cut = at % name.length;
      assert.equal(nearMiss(name, NAMES), name);
      assert.notEqual(nearMiss(name.slice(0, cut) + name.slice(cut + 1), NAMES), undefined);
    }),
  );
});

test('no text takes long or throws', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (given) => void nearMiss(given, NAMES)));
});
