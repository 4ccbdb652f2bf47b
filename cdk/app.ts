// The CDK app itself, the same for the owner, the pipeline and the tests: today's behaviour of every feature that CDK
// keeps in an old form for old apps, and cdk-nag, which ends a synthesis that it finds fault with.

import { createRequire } from 'node:module';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

const recommended = createRequire(import.meta.url)('aws-cdk-lib/recommended-feature-flags.json') as Record<
  string,
  unknown
>;

/** An empty app. `outdir` is where its templates go, when CDK's command line does not say. */
export function emptyApp(outdir?: string): App {
  const app = new App({
    analyticsReporting: false,
    postCliContext: { ...recommended, '@aws-cdk/core:target-partitions': ['aws'] },
    ...(outdir === undefined ? {} : { outdir }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
