// What writing to viewers adds, and that it adds nothing where no mail server is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { rightsOf, statementsOf, text } from '../test/reading.ts';

const full = template('full', 'Gallery');

test('the writer reads viewers, catalogues and pictures, and keeps what it has told: these rights and no others', () => {
  const objects = (action: string, bucket: string, ...prefixes: string[]) =>
    prefixes.map((prefix) => `s3:${action} <Buckets${bucket}.Arn>/${prefix}`);
  assert.deepEqual(
    rightsOf(full, 'MailWriterRole'),
    [
      'logs:CreateLogStream <MailWriterLog.Arn>',
      'logs:PutLogEvents <MailWriterLog.Arn>',
      ...objects('GetObject', 'Auth', 'mail/*', 'users/*'),
      ...objects('GetObject', 'Resized', 'pics/*'),
      ...objects('GetObject', 'Web', 'catalogue/*'),
      's3:ListBucket <BucketsAuth.Arn>',
      's3:ListBucket <BucketsResized.Arn>',
      's3:ListBucket <BucketsWeb.Arn>',
      ...objects('PutObject', 'Auth', 'mail/known.json', 'mail/viewers/*'),
    ].sort(),
  );
});

test('it runs once an hour, and a round that failed waits for the next', () => {
  const [rule, ...others] = ofType(full, 'AWS::Events::Rule').filter(([id]) => id.startsWith('MailHourly'));
  assert.ok(rule !== undefined && others.length === 0);
  assert.equal(rule[1].Properties.ScheduleExpression, 'rate(1 hour)');
  const [target] = rule[1].Properties.Targets;
  assert.match(text(target.Arn), /MailWriterFunction/);
  assert.equal(target.RetryPolicy.MaximumRetryAttempts, 0);
  assert.equal(the(full, 'AWS::Lambda::EventInvokeConfig', 'MailWriter').Properties.MaximumRetryAttempts, 0);
});

test('it is told where the server is and where the gallery is, and no password', () => {
  const { Environment } = the(full, 'AWS::Lambda::Function', 'MailWriter').Properties;
  assert.equal(Environment.Variables.HEIRLOOM_ADDRESS, 'https://photos.example.com');
  assert.deepEqual(JSON.parse(Environment.Variables.HEIRLOOM_MAIL), {
    server: 'email-smtp.eu-west-1.amazonaws.com',
    tls: 'starttls',
    user: 'AKIAIOSFODNN7EXAMPLE',
    from: 'photos@example.com',
    quiet_hours: 6,
  });
});

/** Requirement 25. */
test('nobody else reads the password, and the writer reads no signing key', () => {
  for (const [id] of ofType(full, 'AWS::IAM::Role')) {
    const resources = statementsOf(full, id)
      .flatMap((statement) => [statement.Resource].flat())
      .map(text);
    const isWriter = id.startsWith('MailWriter');
    assert.equal(
      resources.some((resource) => /<BucketsAuth.*\/mail\//.test(resource)),
      isWriter,
      id,
    );
    if (isWriter) assert.ok(!resources.some((resource) => resource.includes('/keys/')));
  }
});

test('a gallery without a mail server is as it was', () => {
  const least = template('least', 'Gallery');
  assert.deepEqual(
    Object.keys(least.Resources).filter((id) => id.startsWith('Mail')),
    [],
  );
});
