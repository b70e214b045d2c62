import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { Canvas } from './canvas.ts';
import { Label, Labels } from './label.ts';
import type { Area } from './layout.ts';
import { check } from './native.ts';
import { planesOf } from './plane.ts';
import { renderText } from './text-renderer.ts';

const picture = (width: number, height: number, luma: number): Frame => {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  check(frame.getBuffer(0), 'picture');
  const planes = planesOf(frame);
  planes[0].data.fill(luma);
  planes[1].data.fill(100);
  planes[2].data.fill(150);
  return frame;
};

/** How many pixels differ from black, inside the area and outside it, luma and colours together. */
const painted = (canvas: Canvas, area: Area): { inside: number; outside: number } => {
  const count = { inside: 0, outside: 0 };
  for (const [index, { data, stride }] of canvas.planes.entries()) {
    const scale = index === 0 ? 1 : 2;
    for (let y = 0; y < canvas.area.height / scale; y++) {
      for (let x = 0; x < canvas.area.width / scale; x++) {
        if (data[y * stride + x] === (index === 0 ? 16 : 128)) continue;
        const inX = x * scale >= area.x && x * scale < area.x + area.width;
        const inY = y * scale >= area.y && y * scale < area.y + area.height;
        count[inX && inY ? 'inside' : 'outside']++;
      }
    }
  }
  return count;
};

describe('canvas', () => {
  // Widths that leave every remainder of a vector, sources smaller and larger, and the last pixel of the canvas.
  for (const width of [34, 40, 46, 96, 102, 204, 212, 426]) {
    test(`a picture scaled to a width of ${width} stays within its area and fills it`, () => {
      const canvas = new Canvas(1280, 720);
      const height = 90;
      const area = { x: 1280 - width, y: 720 - height, width, height };
      for (const source of [picture(320, 180, 200), picture(1280, 720, 200), picture(641, 361, 200)]) {
        canvas.draw(source, area);
        assert.deepEqual(painted(canvas, area), { inside: width * height * 1.5, outside: 0 });
        source.free();
      }
      canvas.close();
    });
  }
});

describe('label', () => {
  test('text that is too wide is cut and ends in an ellipsis; what fits is left whole', () => {
    const whole = renderText('user_1', 18, 500);
    assert.ok(whole.width > 40 && whole.width < 80);
    assert.deepEqual(renderText('user_1', 18, whole.width), whole);
    const cut = renderText('w'.repeat(64), 18, 200);
    assert.ok(cut.width <= 200 && cut.width > 180);
  });

  test('no character has a meaning of its own', () => {
    const odd = renderText("%{pts}:'\\,[a]", 18, 500);
    assert.ok(odd.width > 80);
  });

  test('darkens its box, writes in it, and touches nothing else', () => {
    const canvas = new Canvas(320, 180);
    canvas.fill(canvas.area, { y: 16, u: 128, v: 128 });
    const label = new Labels().get('alice', { fontSizePx: 18, maxWidth: 300, boxed: true });
    const box = { x: 4, y: 140, width: label.width, height: label.height };
    canvas.fill(box, { y: 200, u: 90, v: 160 });
    label.blendOnto(canvas, box.x, box.y);
    assert.equal(painted(canvas, box).outside, 0);
    const [luma, u] = canvas.planes;
    assert.equal(luma.data[141 * luma.stride + 5], (200 * 102 + 16 * 154) >> 8);
    assert.equal(u.data[71 * u.stride + 3], (90 * 102 + 128 * 154) >> 8);
    const brightest = Math.max(...luma.data.subarray(140 * luma.stride, 165 * luma.stride));
    assert.ok(brightest >= 230);
    canvas.close();
  });

  test('rendered once for each size', () => {
    const labels = new Labels();
    const style = { fontSizePx: 18, maxWidth: 300, boxed: true };
    assert.ok(labels.get('alice', style) instanceof Label);
    assert.equal(labels.get('alice', style), labels.get('alice', { ...style }));
    assert.notEqual(labels.get('alice', style), labels.get('alice', { ...style, maxWidth: 200 }));
  });
});
