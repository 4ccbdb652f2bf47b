// Which regions a gallery can live in, and which of them can have its access logs.

import { RegionInfo } from 'aws-cdk-lib/region-info';

/** Every region of the public cloud: China's and the US government's have no Lambda@Edge. */
export const REGIONS: ReadonlySet<string> = new Set(
  RegionInfo.regions.filter((region) => region.partition === 'aws').map((region) => region.name),
);

/** The regions without the URLs that signing in is reached by (AWS, "Creating and managing Lambda function URLs"). */
const WITHOUT_FUNCTION_URLS: ReadonlySet<string> = new Set([
  'ap-east-2',
  'ap-south-2',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
]);

/** What is wrong with a region; nothing when a gallery can live there. */
export function wrongRegion(region: string): string | undefined {
  if (!REGIONS.has(region))
    return `is "${region}", which is no region of the public AWS cloud: choose one such as "eu-central-1" or "us-east-1"`;
  if (WITHOUT_FUNCTION_URLS.has(region))
    return `is "${region}", where Lambda has no function URLs, which signing in needs: choose another region such as "eu-central-1" or "us-east-1"`;
  return undefined;
}

/**
 * What is wrong with access logs in a region. CloudFront's standard logs do not reach buckets in regions that an account
 * has to turn on first (AWS, "Configure standard logging (legacy)", "Choose an Amazon S3 bucket for standard logs").
 */
export function wrongForAccessLogs(region: string): string | undefined {
  if (RegionInfo.get(region).isOptInRegion !== true) return undefined;
  return `is true, but CloudFront delivers access logs to no bucket in "${region}": leave it away, or choose another region such as "eu-central-1" or "us-east-1"`;
}
