import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { OUT, template, templates, the } from '../test/galleries.ts';

const { Properties } = the(template('full', 'Pipeline'), 'AWS::CodePipeline::Pipeline');

test('a gallery without a pipeline has none', () => {
  assert.equal(existsSync(`${OUT}/least/Pipeline.template.json`), false);
});

test('it takes the code from the connection, builds, mends itself and deploys', () => {
  assert.equal(Properties.PipelineType, 'V2');
  assert.deepEqual(
    Properties.Stages.map(({ Name }: { Name: string }) => Name),
    ['Source', 'Build', 'UpdatePipeline', 'Assets', 'Stage'],
  );
  const { ActionTypeId, Configuration } = Properties.Stages[0].Actions[0];
  assert.equal(ActionTypeId.Provider, 'CodeStarSourceConnection');
  assert.deepEqual(
    [Configuration.FullRepositoryId, Configuration.BranchName, Configuration.DetectChanges],
    ['meyer/gallery', 'main', true],
  );
  const deploys = Properties.Stages[4].Actions.map(({ Name }: { Name: string }) => Name);
  // The gate first: the gallery's stack looks its version up.
  assert.deepEqual(deploys, [
    'meyers-edge.Prepare',
    'meyers-edge.Deploy',
    'meyers-gallery.Prepare',
    'meyers-gallery.Deploy',
  ]);
});

test("it tests before it deploys, with the Makefile's own commands", () => {
  const project = [...templates()]
    .filter(([file]) => file === 'full/Pipeline.template.json')
    .flatMap(([, one]) => Object.entries(one.Resources))
    .find(([id, { Type }]) => Type === 'AWS::CodeBuild::Project' && id.startsWith('PipelineBuild'));
  const commands: string[] = JSON.parse(project?.[1].Properties.Source.BuildSpec).phases.build.commands;
  assert.deepEqual(commands, ['make test', 'make package KEYS=heirloom.keys.json ARCHITECTURE=arm64', 'make synth']);
});
