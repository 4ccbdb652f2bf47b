// What cdk-nag asks for and we do not do, each with the reason, at the place where we do not do it.

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Answers a rule of cdk-nag's AWS Solutions pack. `finding` narrows it to one of the rule's findings. */
export function argued(construct: IConstruct, rule: string, reason: string, finding?: string): void {
  Validations.of(construct).acknowledge({
    id: `AwsSolutions::AwsSolutions-${rule}${finding === undefined ? '' : `[${finding}]`}`,
    reason,
  });
}
