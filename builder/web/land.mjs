// The outlines of the land for the map that needs nobody's tiles: Natural Earth's, which is in the public domain, as the
// package world-atlas has them (TopoJSON: arcs of quantised steps, of which neighbours share theirs).

import { readFile } from "node:fs/promises";

/** Hundredths of a degree: what the map's places are told in. */
const PRECISION = 100;

/** Corners this near to the line between their neighbours (in hundredths of a degree) are left out (Douglas, Peucker, 1973). */
const TOLERANCE = 4;

/** Islands that are smaller than this each way are left out, in hundredths of a degree. */
const SMALLEST = 12;

/** Rings as steps: `[east, north, step east, step north, …]` in hundredths of a degree. */
export async function land(file) {
  const { arcs, objects, transform } = JSON.parse(await readFile(file, "utf8"));
  const { scale, translate } = transform;
  const lines = arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [(x * scale[0] + translate[0]) * PRECISION, (y * scale[1] + translate[1]) * PRECISION];
    });
  });
  const line = (index) => (index < 0 ? [...lines[~index]].reverse() : lines[index]);
  const polygons = objects.land.geometries.flatMap(({ type, arcs }) => (type === "Polygon" ? [arcs] : arcs));
  return polygons
    .flat()
    .map((ring) => simplified(ring.flatMap((index, i) => line(index).slice(i ? 1 : 0))).map((at) => at.map(Math.round)))
    .filter((ring) => ring.length > 3 && [0, 1].some((axis) => extent(ring, axis) >= SMALLEST))
    .map((ring) => ring.flatMap(([x, y], i) => (i ? [x - ring[i - 1][0], y - ring[i - 1][1]] : [x, y])));
}

function extent(ring, axis) {
  const values = ring.map((at) => at[axis]);
  return Math.max(...values) - Math.min(...values);
}

function simplified(points) {
  // A ring begins where it ends: it is cut in half, so that there is a line to be near to.
  const half = points.length >> 1;
  return [...between(points.slice(0, half + 1)).slice(0, -1), ...between(points.slice(half))];
}

function between(points) {
  if (points.length < 3) return points;
  const [[ax, ay], [bx, by]] = [points[0], points[points.length - 1]];
  const length = Math.hypot(bx - ax, by - ay);
  const away = ([x, y]) =>
    length ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length : Math.hypot(x - ax, y - ay);
  let [farthest, at] = [0, 0];
  points.forEach((point, i) => {
    if (away(point) > farthest) [farthest, at] = [away(point), i];
  });
  if (farthest <= TOLERANCE) return [points[0], points[points.length - 1]];
  return [...between(points.slice(0, at + 1)).slice(0, -1), ...between(points.slice(at))];
}
