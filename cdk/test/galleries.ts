// The galleries that the tests look at, and their templates.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfiguration, type Configuration } from '../config/configuration.ts';

/** `least` says three lines and has a small account; `full` says everything. */
export type GalleryName = 'least' | 'full';

const here = import.meta.dirname;

/** Where `synth.ts` leaves the templates. */
export const OUT = join(here, '..', 'cdk.out', 'test');

/** Their settings, and the accounts that they are for. */
export const GALLERIES: Readonly<Record<GalleryName, { configuration: Configuration; account?: string }>> = {
  least: {
    configuration: readConfiguration('title = "The Meyers"\nregion = "eu-central-1"\nemail = "gerda@example.com"\n'),
  },
  full: {
    account: '123456789012',
    configuration: readConfiguration(`
      title = "The Meyers"
      name = "meyers"
      region = "eu-west-1"
      email = "gerda@example.com"
      domain = "photos.example.com"
      hosted_zone = "example.com"
      hosted_zone_id = "Z0123456789ABC"
      session_days = 7
      keep_deleted_days = 365
      log_days = 30
      countries = ["DE", "AT"]
      monthly_budget = 12
      access_logs = true
      map_tiles = "https://tiles.example.org"
      architecture = "arm64"
      [mail]
      server = "email-smtp.eu-west-1.amazonaws.com"
      user = "AKIAIOSFODNN7EXAMPLE"
      from = "photos@example.com"
      quiet_hours = 6
      [pipeline]
      account = "123456789012"
      connection = "arn:aws:codeconnections:eu-west-1:123456789012:connection/0a1b2c3d-0000-4000-8000-000000000000"
      repository = "meyer/gallery"`),
  },
};

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  // What CloudFormation takes is not typed here: the tests say what they expect.
  // oxlint-disable-next-line no-explicit-any
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** A template. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A stack of a gallery. */
export type StackName = 'Edge' | 'Gallery' | 'Front' | 'Pipeline' | 'PipelineEdge';

/** A stack's template as `synth.ts` left it. */
export function template(gallery: GalleryName, stack: StackName): Template {
  const found = templates().get(`${gallery}/${stack}`);
  if (found === undefined) throw new Error(`the gallery ${gallery} has no stack ${stack}`);
  return found;
}

/** Every template of both galleries by gallery and stack, `least/Edge`; of what the pipeline deploys, `full/PipelineStageEdge`. */
export function templates(): Map<string, Template> {
  const files = readdirSync(OUT, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.template.json'))
    .sort();
  return new Map(
    files.map((file) => {
      // CDK's names: the path of constructs without its slashes, and a hash of it.
      const name = basename(file).replace(/^(least|full)(.*)[0-9A-F]{8}\.template\.json$/, '$1/$2');
      return [name, JSON.parse(readFileSync(join(OUT, file), 'utf8'))];
    }),
  );
}

/** The resources of a type, by logical id. */
export function ofType(one: Template, type: string): [string, Resource][] {
  return Object.entries(one.Resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of a type whose logical id begins so. */
export function the(one: Template, type: string, id = ''): Resource {
  const found = ofType(one, type).filter(([logicalId]) => logicalId.startsWith(id));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} resources of the type ${type} begin with "${id}", not one`);
  return found[0][1];
}

/** A list, whether the template says one thing or several. */
export function list<T>(one: T | T[]): T[] {
  return Array.isArray(one) ? one : [one];
}
