import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DisplayTime } from './times.ts';

const shanghai = new DisplayTime('Asia/Shanghai');
const newYork = new DisplayTime('America/New_York');

const compactOf = (shown: string): string => shown.replace(/\D/g, '');

test('a time is shown in the display time zone, a part of a second cut off', () => {
  assert.equal(shanghai.format(new Date('2019-02-21T09:56:04.999Z')), '2019-02-21 17:56:04');
  assert.equal(shanghai.format(new Date('2019-12-31T16:00:00Z')), '2020-01-01 00:00:00');
});

test('what is shown reads back as the same second, in any zone and year', () => {
  const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe');
  const instants = fc.date({ min: new Date('0002-01-01'), max: new Date('9998-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(zones, instants, (zone, instant) => {
      const time = new DisplayTime(zone);
      const read = time.parse(compactOf(time.format(instant)));
      assert.ok(read);
      const second = Math.floor(instant.getTime() / 1000) * 1000;
      assert.ok([read.earliest.getTime(), read.latest.getTime()].includes(second));
    }),
  );
});

test('a date that is not real is refused', () => {
  const wrong = [
    '20190229000000',
    '20190100000000',
    '20191301000000',
    '20190101240000',
    '20190101006000',
    '20190101000060',
  ];
  for (const text of [...wrong, '00000101000000', '00000000000000'])
    assert.equal(shanghai.parse(text), undefined, text);
  assert.ok(shanghai.parse('20200229235959'));
  assert.ok(shanghai.parse('00010101000000'));
  assert.ok(shanghai.parse('99991231235959'));
});

test('any other form is refused', () => {
  const wrong = [
    '',
    '2019010108060',
    '201901010806070',
    '2019-01-01 08:06',
    '20190101T80607',
    '２０１９0101080607',
    ' 20190101080607',
  ];
  for (const text of wrong) assert.equal(shanghai.parse(text), undefined, text);
  fc.assert(fc.property(fc.string(), (text) => /^\d{14}$/.test(text) || shanghai.parse(text) === undefined));
});

test('an hour that the clocks pass twice begins at its first time and ends at its second', () => {
  const read = newYork.parse('20261101013000');
  assert.equal(read?.earliest.toISOString(), '2026-11-01T05:30:00.000Z');
  assert.equal(read?.latest.toISOString(), '2026-11-01T06:30:00.000Z');
});

test('a time that the clocks leap over is the moment of the leap', () => {
  const read = newYork.parse('20260308023000');
  assert.equal(read?.earliest.toISOString(), '2026-03-08T07:00:00.000Z');
  assert.equal(read?.latest.toISOString(), '2026-03-08T07:00:00.000Z');
});
