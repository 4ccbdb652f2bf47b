// The gate's logs get an end. Lambda@Edge writes them in the region that is nearest to the viewer, in groups that it makes
// there by itself and keeps for good. The edge's stack holds the one in us-east-1; the others are there once somebody
// looked from near them, so every deploy looks for them.

import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { REGIONS } from '../config/regions.ts';
import { EDGE_REGION, verifierLog } from '../edge/edge-stack.ts';

/** Where the logs were given an end, and what went wrong elsewhere, by region. */
export interface Ended {
  readonly set: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
}

/** Sets how long a log group of a region is kept. */
type Put = (region: string, logGroupName: string, retentionInDays: number) => Promise<unknown>;

/** Has the gate's logs kept for so many days, in every region where there are some. Fails nowhere: what is left over, the next deploy does. */
export async function endGateLogs(gallery: string, days: number, put: Put = putRetention): Promise<Ended> {
  const regions = [...REGIONS].filter((region) => region !== EDGE_REGION).sort();
  const answers = await Promise.allSettled(regions.map((region) => put(region, verifierLog(gallery), days)));
  const set: string[] = [];
  const failed: Record<string, string> = {};
  for (const [index, region] of regions.entries()) {
    const answer = answers[index];
    if (answer?.status === 'fulfilled') set.push(region);
    else if (!NOTHING_THERE.has(answer?.reason?.name))
      failed[region] = answer?.reason?.message ?? String(answer?.reason);
  }
  return { set, failed };
}

/** What AWS answers where there is no such log, and where the account has not turned the region on. */
const NOTHING_THERE: ReadonlySet<unknown> = new Set([
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'OptInRequired',
]);

/** Whoever deploys is looked up once, not in each region anew. */
const { credentials } = new CloudWatchLogsClient({ region: EDGE_REGION }).config;

const putRetention: Put = (region, logGroupName, retentionInDays) =>
  new CloudWatchLogsClient({
    region,
    credentials,
    maxAttempts: 2,
    // A region that is away is not waited for.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  }).send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
