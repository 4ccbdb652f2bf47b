import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** A retention in days as CloudWatch Logs names it: the enumeration's values are the days themselves. */
export function retention(days: number): RetentionDays {
  if (RetentionDays[days] === undefined) throw new Error(`CloudWatch Logs keeps no log for ${days} days`);
  return days;
}
