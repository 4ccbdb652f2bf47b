// Reading templates: what a value says, what a role may do.

import { list, ofType, type Template } from './galleries.ts';

/** A value of a template as one text: `<Id.Attribute>` for what is only known later. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(text).join(separator);
  }
  if (name === 'Ref') return `<${String(argument)}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::GetStackOutput') {
    const { StackName, Region, OutputName } = argument as Record<string, string>;
    return `<${StackName}@${Region}.${OutputName}>`;
  }
  return JSON.stringify(value);
}

/** A statement of a policy. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** The statements of every policy of a role, by the beginning of the role's logical id. Managed policies are refused. */
export function statementsOf(template: Template, role: string): Statement[] {
  const roles = ofType(template, 'AWS::IAM::Role').filter(([id]) => id.startsWith(role));
  if (roles.length !== 1 || roles[0] === undefined)
    throw new Error(`${roles.length} roles begin with ${role}, not one`);
  const [[id, { Properties }]] = roles;
  if (Properties.ManagedPolicyArns !== undefined)
    throw new Error(`${id} has managed policies: ${text(Properties.ManagedPolicyArns)}`);
  const inline: Statement[] = list(Properties.Policies ?? []).flatMap((policy) => policy.PolicyDocument.Statement);
  const attached: Statement[] = ofType(template, 'AWS::IAM::Policy')
    .filter(([, policy]) => policy.Properties.Roles?.some((one: { Ref?: string }) => one.Ref === id))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement);
  return [...inline, ...attached];
}

/** What a role may do: `action resource`, one each, in order. */
export function rightsOf(template: Template, role: string): string[] {
  return statementsOf(template, role)
    .flatMap((statement) => {
      if (statement.Effect !== 'Allow' || statement.Condition !== undefined)
        throw new Error(`not a plain right: ${JSON.stringify(statement)}`);
      return list(statement.Action).flatMap((action) =>
        list(statement.Resource).map((resource) => `${action} ${text(resource).replace(/[0-9A-F]{8}(?=[.>])/g, '')}`),
      );
    })
    .sort();
}

/** Every statement of every policy in a template, with where it stands. */
export function allStatements(template: Template): [string, Statement][] {
  return Object.entries(template.Resources).flatMap(([id, { Properties }]) => {
    const documents = [
      Properties?.PolicyDocument,
      Properties?.AssumeRolePolicyDocument,
      ...list(Properties?.Policies ?? []).map((policy) => policy.PolicyDocument),
    ];
    return documents.flatMap((document): [string, Statement][] =>
      list(document?.Statement ?? []).map((statement) => [id, statement]),
    );
  });
}
