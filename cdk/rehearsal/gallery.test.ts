// The journeys through a deployed gallery, one after the other, on one stage: a deploy takes longer than all of them.

import { after, before, test } from 'node:test';
import { binaryJourneys } from './binaries.ts';
import { budgetJourneys } from './budget.ts';
import { deployJourneys } from './deploys.ts';
import { endJourneys } from './the-end.ts';
import { mailJourneys } from './mail.ts';
import { photoJourneys } from './photos.ts';
import { refusalJourneys } from './refusals.ts';
import { signInJourneys } from './sign-in.ts';
import { Stage } from './stage.ts';
import { uploadJourneys } from './upload.ts';

/** Adds a journey. */
export type Journey = (name: string, body: (stage: Stage) => Promise<void>) => void;

let stage: Stage | undefined;
let failed = false;

before(async () => {
  stage = await Stage.set();
});
after(() => stage?.strike(failed));

const journey: Journey = (name, body) => {
  test(name, async () => {
    try {
      if (stage === undefined) throw new Error('there is no stage');
      await body(stage);
    } catch (error) {
      failed = true;
      throw error;
    }
  });
};

deployJourneys(journey);
photoJourneys(journey);
signInJourneys(journey);
uploadJourneys(journey);
mailJourneys(journey);
binaryJourneys(journey);
refusalJourneys(journey);
budgetJourneys(journey);
endJourneys(journey);
