// The site's mark as pixels, for browsers that do not take src/icon.svg: an oval portrait frame with hills in it.
// Drawn by sampling each pixel sixteen times; the shapes and colours are those of the SVG, on a field of 64 by 64.

import { crc32, deflateSync } from "node:zlib";

const GREEN = [38, 70, 62];
const CREAM = [246, 240, 228];
const SKY = [222, 205, 168];
const HILL = [92, 128, 108];
const SUN = [200, 110, 62];

/** The colour at a point of the field, or none outside the mark. */
function colourAt(x, y, rounded) {
  if (rounded) {
    const dx = Math.max(Math.abs(x - 32) - 18, 0);
    const dy = Math.max(Math.abs(y - 32) - 18, 0);
    if (dx * dx + dy * dy > 14 * 14) return undefined;
  }
  const oval = (rx, ry) => ((x - 32) / rx) ** 2 + ((y - 32) / ry) ** 2 <= 1;
  if (!oval(18, 23)) return GREEN;
  if (!oval(14.5, 19.5)) return CREAM;
  if (y > 44 - 7 * Math.exp(-(((x - 25) / 8) ** 2)) - 4 * Math.exp(-(((x - 42) / 9) ** 2))) return HILL;
  if ((x - 38) ** 2 + (y - 25) ** 2 <= 4.2 ** 2) return SUN;
  return SKY;
}

function pixels(size, rounded, margin) {
  const rows = [];
  for (let y = 0; y < size; y++) {
    rows.push(0);
    for (let x = 0; x < size; x++) {
      const sum = [0, 0, 0, 0];
      for (let s = 0; s < 16; s++) {
        const at = (pixel, part) => (((pixel + (part + 0.5) / 4) / size - 0.5) / (1 - 2 * margin) + 0.5) * 64;
        const colour = colourAt(at(x, s % 4), at(y, s >> 2), rounded);
        if (colour) [...colour, 255].forEach((value, i) => (sum[i] += i < 3 ? value : 255));
      }
      const seen = sum[3] / 255;
      rows.push(...sum.slice(0, 3).map((value) => Math.round(value / Math.max(seen, 1))), Math.round(sum[3] / 16));
    }
  }
  return Buffer.from(rows);
}

function chunk(type, bytes) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), bytes]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(bytes.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/**
 * A PNG (W3C, Portable Network Graphics): eight bits a channel, with alpha. `margin` is the part of each side that the mark
 * keeps away from, for phones that cut icons into shapes of their own.
 */
export function png(size, { rounded, margin = 0 }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels(size, rounded, margin), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** An ICO that holds one PNG. */
export function favicon(size) {
  const image = png(size, { rounded: true });
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(1, 4);
  header.set([size, size, 0, 0], 6);
  header.writeUInt16LE(1, 10);
  header.writeUInt16LE(32, 12);
  header.writeUInt32LE(image.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, image]);
}
