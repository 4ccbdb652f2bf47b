// Renders with sharp as it does best: the largest size from the original, in which JPEG is already decoded smaller, and
// the others from that. `node with_sharp.mjs 360,1200,2048 jpeg,webp OUT QUALITY FILE…`
import { basename } from "node:path";
import sharp from "sharp";

const [widths, formats, out, quality, ...files] = process.argv.slice(2);
const ladder = widths.split(",").map(Number).sort((a, b) => b - a);
// One thread, as one process of many: processor time is what is compared.
sharp.concurrency(1);
for (const file of files) {
  const largest = await sharp(file)
    .autoOrient()
    .resize({ width: ladder[0], withoutEnlargement: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = largest.info;
  for (const rung of ladder.filter((rung) => rung <= width)) {
    const sized = sharp(largest.data, { raw: { width, height, channels } }).resize({ width: rung });
    for (const format of formats.split(",")) {
      const encoded = format === "jpeg" ? sized.clone().jpeg({ quality: +quality }) : sized.clone().webp({ quality: +quality });
      await encoded.toFile(`${out}/${basename(file)}-${rung}.${format}`);
    }
  }
}
