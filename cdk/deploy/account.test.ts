import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APART, PLACES } from '../sign-in/sign-in.ts';
import { ofType, template } from '../test/galleries.ts';
import { isSmall } from './account.ts';

test('an account is large when AWS still has its hundred places beside those that a gallery sets apart', () => {
  assert.equal(isSmall(10, 0), true);
  assert.equal(isSmall(114, 0), true);
  assert.equal(isSmall(115, 0), false);
  assert.equal(isSmall(1000, 0), false);
});

test('what the gallery set apart at an earlier deploy counts as its own', () => {
  assert.equal(isSmall(100, 15), false);
  assert.equal(isSmall(99, 15), true);
});

test('the places that are counted are those that the templates set apart', () => {
  const apart = ofType(template('full', 'Gallery'), 'AWS::Lambda::Function')
    .map(([, { Properties }]) => Properties)
    .filter(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions !== undefined);
  assert.deepEqual(
    apart.map(({ FunctionName, ReservedConcurrentExecutions }) => [FunctionName, ReservedConcurrentExecutions]).sort(),
    APART.map((part) => [`meyers-${part.toLowerCase()}`, PLACES]).sort(),
  );
});
