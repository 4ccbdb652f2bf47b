// Synthesises the two galleries that the tests look at, in one synthesis, without an account and without a network: one that
// says as little as possible, in a region of its own, and one that says everything.
//
// cdk-nag looks at both; what it finds and nobody has argued against ends the run.

import { mkdirSync, rmSync } from 'node:fs';
import { Stage } from 'aws-cdk-lib';
import { emptyApp } from '../app.ts';
import { standIns } from '../assets.ts';
import { addGallery } from '../gallery.ts';
import { addPipeline } from '../pipeline/pipeline-stack.ts';
import { GALLERIES, OUT, type GalleryName } from './galleries.ts';

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
// What the templates say does not depend on the code's bytes; the end of a gallery is synthesised around these, too.
const assets = standIns(`${OUT}/stand-ins`);
const app = emptyApp(OUT);
for (const name of ['least', 'full'] satisfies GalleryName[]) {
  const { configuration, account } = GALLERIES[name];
  const gallery = new Stage(app, name);
  const props = { configuration, assets, account, smallAccount: name === 'least' };
  addPipeline(gallery, configuration, props);
  addGallery(gallery, props);
}
app.synth();
