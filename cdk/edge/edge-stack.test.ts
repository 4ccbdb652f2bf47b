import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';

const least = template('least', 'Edge');
const full = template('full', 'Edge');

test('the gate keeps to the limits of a viewer-request function', () => {
  const { Properties } = the(least, 'AWS::Lambda::Function');
  assert.match(Properties.Runtime, /^nodejs2[24]\.x$/);
  assert.equal(Properties.Handler, 'index.handler');
  assert.ok(Properties.MemorySize <= 128 && Properties.Timeout <= 5);
  // AWS, "Restrictions on Lambda@Edge": none of these.
  for (const property of [
    'Environment',
    'Layers',
    'LoggingConfig',
    'VpcConfig',
    'DeadLetterConfig',
    'ReservedConcurrentExecutions',
    'TracingConfig',
  ]) {
    assert.equal(Properties[property], undefined, property);
  }
  assert.deepEqual(Properties.Architectures ?? ['x86_64'], ['x86_64']);
});

test('versions stay until CloudFront has let go of them', () => {
  const version = the(least, 'AWS::Lambda::Version');
  assert.equal(version.DeletionPolicy, 'Retain');
});

test('nothing is exported: an imported value could not change', () => {
  for (const one of [least, full]) assert.ok(!JSON.stringify(one.Outputs).includes('"Export"'));
});

test('a gallery with a domain has a certificate that proves itself', () => {
  assert.equal(ofType(least, 'AWS::CertificateManager::Certificate').length, 0);
  const { Properties } = the(full, 'AWS::CertificateManager::Certificate');
  assert.deepEqual([Properties.DomainName, Properties.ValidationMethod], ['photos.example.com', 'DNS']);
  assert.deepEqual(Properties.DomainValidationOptions, [
    { DomainName: 'photos.example.com', HostedZoneId: 'Z0123456789ABC' },
  ]);
});
