// Where requests are written down when the owner wants that.

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { argued } from '../argued.ts';
import { bucketName } from './buckets.ts';
import type { Configuration } from '../config/configuration.ts';

/** The bucket of the access logs, if there are to be any. */
export function accessLogs(
  scope: Construct,
  { name, accessLogs: wanted, logDays }: Configuration,
): s3.Bucket | undefined {
  if (!wanted) return undefined;
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    bucketName: bucketName(scope, name, 'logs'),
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    // CloudFront's standard logs still come with an access control list (AWS, "Standard logging (legacy)").
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'logs', expiration: Duration.days(logDays) }],
  });
  argued(bucket, 'S1', 'A bucket of logs that logs itself would never come to rest');
  return bucket;
}
