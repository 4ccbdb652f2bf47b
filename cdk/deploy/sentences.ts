// What the owner is told after a deploy, and after the end.

import type { Configuration } from '../config/configuration.ts';
import type { Account } from './account.ts';

/** What the gallery's stack says of itself. */
export interface Outputs {
  readonly Address: string;
  readonly DistributionDomain: string;
  readonly SourceBucket: string;
  readonly Builder: string;
}

/** The address and the next steps. */
export function nextSteps({ email, domain, zone, pipeline }: Configuration, outputs: Outputs): string {
  const steps = [
    ...(domain !== undefined && zone === undefined
      ? [`Point ${domain} to ${outputs.DistributionDomain} where your domain's records are kept (a CNAME).`]
      : []),
    `Confirm the mail that AWS sends to ${email}, so that alarms reach you.`,
    'Let somebody in:          make viewer NAME=gerda',
    `Drop photos into a folder: aws s3 cp --recursive Photos/ s3://${outputs.SourceBucket}/`,
    ...(pipeline === undefined
      ? []
      : [
          `Commit heirloom.toml and heirloom.keys.json to ${pipeline.repository}: every push to ${pipeline.branch} deploys from now on.`,
        ]),
  ];
  return [
    '',
    `The gallery is at ${outputs.Address}`,
    '',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    '',
  ].join('\n');
}

/** What stays when the stacks are gone. */
export function farewell({ name, region }: Configuration, account: Account): string {
  const buckets = ['source', 'auth', 'resized', 'web'].map((bucket) => `${name}-${bucket}-${account.id}-${region}`);
  return [
    '',
    'The gallery is gone; nothing that was in its buckets is. The originals and the viewers lie in',
    `  ${buckets[0]}`,
    `  ${buckets[1]}`,
    'and the next `make deploy` takes them over again. What was made of the originals can be made again: to save its cost,',
    `  aws s3 rb --force s3://${buckets[2]}`,
    `  aws s3 rb --force s3://${buckets[3]}`,
    'If AWS refused to delete the gate, CloudFront still holds copies of it: run `make destroy` again in a few hours.',
    '',
  ].join('\n');
}
