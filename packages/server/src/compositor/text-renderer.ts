/** Text as a mask of grey, drawn by FFmpeg's drawtext (FreeType) with the DejaVu font. About 5 ms a call. */
import { createRequire } from 'node:module';
import { Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { check, present } from './native.ts';

/** `coverage` has a byte a pixel, row after row: 0 where there is no ink, 255 where it covers wholly. */
export type TextMask = { width: number; height: number; coverage: Uint8Array };

const FONT_PATH = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
/** DejaVu Sans reaches 0.928 em above its base line and 0.236 em below. */
const LINE_HEIGHT_EM = 1.17;
/** Its widest character, with room to spare. */
const WIDEST_EM = 1.2;
const ELLIPSIS = '…';

/** The text on one line; where it is wider than `maxWidth` as much of it as fits, and an ellipsis. */
export const renderText = (text: string, fontSizePx: number, maxWidth: number): TextMask => {
  const whole = draw(text, fontSizePx);
  if (whole.width <= maxWidth) return whole;
  const characters = [...text];
  const shortened = (count: number): TextMask => draw(characters.slice(0, count).join('') + ELLIPSIS, fontSizePx);
  let fits = 0;
  let tooMany = characters.length;
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (shortened(middle).width <= maxWidth) fits = middle;
    else tooMany = middle;
  }
  return shortened(fits);
};

const draw = (text: string, fontSizePx: number): TextMask => {
  const width = Math.ceil([...text].length * fontSizePx * WIDEST_EM) + 2;
  const height = Math.ceil(fontSizePx * LINE_HEIGHT_EM);
  const graph = new FilterGraph();
  graph.alloc();
  const frame = new Frame();
  frame.alloc();
  try {
    const sink = buildGraph(graph, text, fontSizePx, `${width}x${height}`);
    check(sink.buffersinkGetFrameSync(frame), 'drawing text');
    return cropToInk(frame);
  } finally {
    frame.free();
    graph.free();
  }
};

/** Options are set one by one, not parsed from a string, so that no character of the text has a meaning. */
const buildGraph = (graph: FilterGraph, text: string, fontSizePx: number, size: string): FilterContext => {
  const drawing = {
    text,
    expansion: 'none',
    fontfile: FONT_PATH,
    fontsize: `${fontSizePx}`,
    fontcolor: 'white',
    x: '0',
    y: '0',
  };
  const chain = [
    addFilter(graph, 'color', { color: 'black', size }),
    addFilter(graph, 'format', { pix_fmts: 'gray' }),
    addFilter(graph, 'drawtext', { ...drawing, y_align: 'font' }),
    addFilter(graph, 'buffersink', {}),
  ] as const;
  check(chain[0].link(0, chain[1], 0), 'linking filters');
  check(chain[1].link(0, chain[2], 0), 'linking filters');
  check(chain[2].link(0, chain[3], 0), 'linking filters');
  check(graph.configSync(), 'setting the filters for text up');
  return chain[3];
};

const addFilter = (graph: FilterGraph, name: string, options: Record<string, string>): FilterContext => {
  const filter = present(graph.allocFilter(present(Filter.getByName(name), `filter ${name}`), name), `filter ${name}`);
  for (const [option, value] of Object.entries(options))
    check(filter.setOption(option, value), `option ${option} of ${name}`);
  check(filter.initStr(null), `starting filter ${name}`);
  return filter;
};

const cropToInk = (frame: Frame): TextMask => {
  const data = present(frame.data?.[0], 'reading drawn text');
  const stride = present(frame.linesize[0], 'reading drawn text');
  const height = frame.height;
  let width = 0;
  for (let row = 0; row < height; row++) {
    for (let x = frame.width - 1; x >= width; x--) {
      if (data[row * stride + x] !== 0) width = x + 1;
    }
  }
  const coverage = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) coverage.set(data.subarray(row * stride, row * stride + width), row * width);
  return { width, height, coverage };
};
