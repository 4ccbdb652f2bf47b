// Synthesises the two galleries that the tests look at, once each, without an account and without a network: one that
// says as little as possible, in a region of its own, and one that says everything, in the edge's region.
//
// cdk-nag runs in both; what it finds and nobody has argued against ends the run.

import { mkdirSync, rmSync } from 'node:fs';
import { emptyApp } from '../app.ts';
import { standIns } from '../assets.ts';
import { addGallery } from '../gallery.ts';
import { addPipeline } from '../pipeline/pipeline-stack.ts';
import { GALLERIES, OUT, type GalleryName } from './galleries.ts';

function synthesise(name: GalleryName): void {
  const { configuration, account } = GALLERIES[name];
  const app = emptyApp(`${OUT}/${name}`);
  const props = { configuration, assets, account, smallAccount: name === 'least' };
  addPipeline(app, configuration, props);
  addGallery(app, props);
  app.synth();
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
// What the templates say does not depend on the code's bytes; the end of a gallery is synthesised around these, too.
const assets = standIns(`${OUT}/stand-ins`);
synthesise('least');
synthesise('full');
