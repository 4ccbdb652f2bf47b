// What the owner is told after a deploy, and after the end.

import type { Configuration } from '../config/configuration.ts';
import { EDGE_REGION } from '../edge/edge-stack.ts';
import type { Account } from './account.ts';
import type { Ended } from './gate-logs.ts';

/** What the gallery's stack says of itself. */
export interface Outputs {
  readonly Address: string;
  readonly DistributionDomain: string;
  readonly SourceBucket: string;
  readonly Builder: string;
}

/** The address and the next steps. */
export function nextSteps({ email, region, domain, zone, pipeline }: Configuration, outputs: Outputs): string {
  // The alarm on CloudFront's numbers has to be in CloudFront's region.
  const mails = region === EDGE_REGION ? 'the mail that AWS sends' : 'the two mails that AWS sends';
  const steps = [
    ...(domain !== undefined && zone === undefined
      ? [`Point ${domain} to ${outputs.DistributionDomain} where your domain's records are kept (a CNAME).`]
      : []),
    `Confirm ${mails} to ${email}, so that alarms reach you.`,
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

/** What to say when the gallery stands, but its first pages could not be made. */
export function latePages(error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(
    `the gallery is deployed, but making its first pages failed (${why}): run \`make deploy\` again, or wait for the look at everything that comes each night`,
    { cause: error },
  );
}

/** Where the gate's logs were given an end, and where not; nothing when there were none. */
export function gateLogs({ set, failed }: Ended, days: number): string | undefined {
  const named = (regions: readonly string[]) => regions.join(', ').replace(/, ([^,]*)$/, ' and $1');
  const [why] = Object.values(failed);
  const sentences = [
    ...(set.length > 0 ? [`The gate's logs in ${named(set)} are kept for ${days} day${days === 1 ? '' : 's'}.`] : []),
    ...(why === undefined
      ? []
      : [
          `How long the gate's logs in ${named(Object.keys(failed))} are kept could not be set (${why}): the next \`make deploy\` tries again.`,
        ]),
  ];
  return sentences.length > 0 ? sentences.join('\n') : undefined;
}

/** What stays when the stacks are gone; or, when AWS did not remove all of them, what stays and what is to be done. */
export function farewell(configuration: Configuration, account: Account, gone: boolean): string {
  const { name, region, accessLogs, pipeline } = configuration;
  const bucket = (of: string, where = region) => `${name}-${of}-${account.id}-${where}`;
  const remade = [bucket('resized'), bucket('web')];
  const artifacts = [...new Set([region, EDGE_REGION])].map((where) => bucket('pipeline', where));
  return [
    '',
    gone
      ? 'The gallery is gone; nothing that was in its buckets is. The originals and the viewers lie in'
      : 'AWS did not remove everything: what it said stands above. The buckets stay, with all that is in them. The originals and the viewers lie in',
    `  ${bucket('source')}`,
    `  ${bucket('auth')}`,
    'and the next `make deploy` takes them over again. What was made of the originals can be made again: to save its cost,',
    ...[...remade, ...(pipeline === undefined ? [] : artifacts)].map((one) => `  aws s3 rb --force s3://${one}`),
    ...(accessLogs
      ? ['Who looked at what, as long as it was written down, lies in', `  aws s3 rb --force s3://${bucket('logs')}`]
      : []),
    ...(gone
      ? []
      : [
          'If it was the gate that AWS refused to delete, CloudFront still holds copies of it: run `make destroy` again in some hours.',
        ]),
    '',
  ].join('\n');
}
