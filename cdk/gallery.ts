// A whole gallery: its stacks, in their two regions.

import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Assets } from './assets.ts';
import type { Configuration } from './config/configuration.ts';
import { EDGE_REGION, EdgeStack } from './edge/edge-stack.ts';
import { GalleryStack } from './gallery-stack.ts';
import { FrontWatchStack } from './watch/watch.ts';

/** What a gallery is deployed from, and where to. */
export interface GalleryProps {
  readonly configuration: Configuration;
  readonly assets: Assets;
  /** The account's number; whichever the credentials are for when left out. */
  readonly account?: string | undefined;
  /** Whether the account may run few functions at once, as new accounts do. */
  readonly smallAccount?: boolean;
}

/** The stacks of a gallery. */
export interface Gallery {
  readonly edge: EdgeStack;
  readonly gallery: GalleryStack;
}

/** Adds a gallery's stacks to an app or a stage. */
export function addGallery(scope: Construct, props: GalleryProps): Gallery {
  const { configuration, assets, smallAccount = false } = props;
  const { name, title, region } = configuration;
  const account = props.account === undefined ? {} : { account: props.account };
  const edge = new EdgeStack(scope, 'Edge', {
    stackName: `${name}-edge`,
    description: `The gate of the photo gallery "${title}"`,
    env: { ...account, region: EDGE_REGION },
    configuration,
    verifier: assets.verifier,
  });
  const gallery = new GalleryStack(scope, 'Gallery', {
    stackName: `${name}-gallery`,
    description: `The photo gallery "${title}"`,
    env: { ...account, region },
    configuration,
    assets,
    edge,
    smallAccount,
  });
  const front =
    region === EDGE_REGION
      ? []
      : [
          new FrontWatchStack(scope, 'Front', {
            stackName: `${name}-front`,
            description: `Watches the front of the photo gallery "${title}"`,
            env: { ...account, region: EDGE_REGION },
            configuration,
            distributionId: gallery.distributionId(),
          }),
        ];
  for (const stack of front) stack.addStackDependency(gallery);
  for (const stack of [edge, gallery, ...front]) Tags.of(stack).add('gallery', name);
  return { edge, gallery };
}
