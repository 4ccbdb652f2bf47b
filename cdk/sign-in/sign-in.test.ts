import assert from 'node:assert/strict';
import { test } from 'node:test';
import { template, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');

test('login and renewal know the gallery, its viewers and nothing more', () => {
  for (const part of ['Login', 'Renewal']) {
    const { Variables } = the(full, 'AWS::Lambda::Function', `SignIn${part}Function`).Properties.Environment;
    assert.deepEqual(Object.keys(Variables).sort(), [
      'HEIRLOOM_AUDIENCE',
      'HEIRLOOM_AUTH_BUCKET',
      'HEIRLOOM_SESSION_DAYS',
      'HEIRLOOM_TITLE',
      // Login alone shows the gallery's title, which its owner may have changed.
      ...(part === 'Login' ? ['HEIRLOOM_WEB_BUCKET'] : []),
    ]);
    assert.deepEqual(
      [Variables.HEIRLOOM_TITLE, Variables.HEIRLOOM_AUDIENCE, Variables.HEIRLOOM_SESSION_DAYS],
      ['The Meyers', 'meyers', '7'],
    );
    assert.match(text(Variables.HEIRLOOM_AUTH_BUCKET), /<BucketsAuth/);
  }
});

test('a flood of logins leaves renewal its places', () => {
  const places = (one: typeof least) =>
    ['Login', 'Renewal'].map(
      (part) => the(one, 'AWS::Lambda::Function', `SignIn${part}Function`).Properties.ReservedConcurrentExecutions,
    );
  assert.deepEqual(places(full), [5, 5]);
  // A small account has none to set apart: AWS refuses to.
  assert.deepEqual(places(least), [undefined, undefined]);
});

test('a password gets a whole processor', () => {
  assert.equal(the(least, 'AWS::Lambda::Function', 'SignInLoginFunction').Properties.MemorySize, 1769);
});
