// What the owner says in `heirloom.toml`, read and checked once.
//
// In: the file's text. Out: a `Configuration` that every other room believes, or a `ConfigurationError` with one
// sentence for each thing that is wrong, naming it and the way out.

import { parse, TomlError } from 'smol-toml';
import { wrongCountries } from './countries.ts';
import { wrongForAccessLogs, wrongRegion } from './regions.ts';
import { Section } from './section.ts';

/** How the functions' binaries are built. */
export type Architecture = 'x86_64' | 'arm64';

/** Where a deploy pipeline takes the gallery's code from. */
export interface PipelineSource {
  /** The account's number: a pipeline has to know where it deploys to. */
  readonly account: string;
  /** The ARN of the connection to GitHub. */
  readonly connection: string;
  /** `owner/name` */
  readonly repository: string;
  /** The branch that is deployed. */
  readonly branch: string;
}

/** Which server takes the mails to viewers, as `mail::Settings` reads it: the password is never among this. */
export interface MailServer {
  readonly server: string;
  readonly port?: number;
  readonly tls: 'starttls' | 'tls';
  readonly user?: string;
  readonly from: string;
  readonly quiet_hours: number;
}

/** A gallery as its owner wants it. */
export interface Configuration {
  /** What the gallery is called on its pages. */
  readonly title: string;
  /** What the stacks, the buckets and the functions are called; also whom the tokens are for. */
  readonly name: string;
  /** Where everything but the edge lives. */
  readonly region: string;
  /** Who is told of alarms and of the month's bill. */
  readonly email: string;
  /** The gallery's own host name; CloudFront's otherwise. */
  readonly domain?: string;
  /** The Route 53 zone that the domain lies in, when its records are to be kept by the deploy. */
  readonly zone?: { readonly name: string; readonly id: string };
  /** How long somebody who signed in stays signed in. */
  readonly sessionDays: number;
  /** How long a deleted or replaced original can be brought back. */
  readonly keepDeletedDays: number;
  /** How long logs are kept. */
  readonly logDays: number;
  /** The countries that may look, as ISO codes; everywhere when empty. */
  readonly countries: readonly string[];
  /** What a month may cost, in US dollars, before the owner is told. */
  readonly monthlyBudget: number;
  /** Whether every request is written down in a bucket. */
  readonly accessLogs: boolean;
  /** Whose pictures of the earth the map may show, `https://tiles.example.org`; none when not said. */
  readonly mapTiles?: string;
  /** What the functions run on. */
  readonly architecture: Architecture;
  /** Whether the account may run few functions at once, as new accounts do; looked up at the deploy when not said. */
  readonly smallAccount?: boolean;
  /** Viewers are written to about new photos when there is one. */
  readonly mail?: MailServer;
  /** The deploy pipeline, when there is one. */
  readonly pipeline?: PipelineSource;
}

/** Everything that is wrong with a `heirloom.toml`, a sentence each. */
export class ConfigurationError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.name = 'ConfigurationError';
    this.sentences = sentences;
  }
}

/** The retentions that CloudWatch Logs takes, in days (AWS, "PutRetentionPolicy"). */
export const LOG_DAYS: readonly number[] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827];

/** Reads a `heirloom.toml`. `file` is its name in the sentences. */
export function readConfiguration(text: string, file = 'heirloom.toml'): Configuration {
  const problems: string[] = [];
  const top = new Section(table(text, file), '', file, problems);
  const domain = top.text('domain', DOMAIN, 'a host name such as "photos.example.com"');
  const zoneName = top.text('hosted_zone', DOMAIN, 'the name of a Route 53 zone such as "example.com"');
  const zoneId = top.text('hosted_zone_id', /^Z[0-9A-Z]{1,31}$/, 'a Route 53 zone\'s id such as "Z0123456789ABC"');
  const read = {
    title: top.required('title', /^[^\p{Cc}]{1,60}$/u, 'a name of at most 60 characters', 'title = "The Meyers"'),
    name: top.text('name', /^[a-z][a-z0-9-]{0,22}[a-z0-9]$/, '2 to 24 small letters, digits and hyphens') ?? 'heirloom',
    region: top.required('region', /^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region', 'region = "eu-central-1"'),
    email: top.required('email', /^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address', 'email = "you@example.com"'),
    sessionDays: top.whole('session_days', 1, 365) ?? 30,
    keepDeletedDays: top.whole('keep_deleted_days', 1, 3650) ?? 90,
    logDays: top.whole('log_days', 1, 1827) ?? 90,
    countries: top.texts('countries', /^[A-Z]{2}$/, 'two-letter country codes such as ["DE", "AT"]') ?? [],
    monthlyBudget: top.whole('monthly_budget', 1, 100_000) ?? 5,
    accessLogs: top.truth('access_logs') ?? false,
    architecture: top.oneOf('architecture', ['x86_64', 'arm64']) ?? 'x86_64',
  } as const;
  if (read.region !== undefined) {
    const wrong = wrongRegion(read.region);
    if (wrong !== undefined) top.wrong('region', wrong);
    const unlogged = read.accessLogs && wrong === undefined ? wrongForAccessLogs(read.region) : undefined;
    if (unlogged !== undefined) top.wrong('access_logs', unlogged);
  }
  if (!LOG_DAYS.includes(read.logDays)) {
    top.wrong('log_days', `is ${read.logDays}, which CloudWatch does not offer: choose one of ${LOG_DAYS.join(', ')}`);
  }
  const unknown = wrongCountries(read.countries);
  if (unknown !== undefined) top.wrong('countries', unknown);
  const zone = zoneOf(top, domain, zoneName, zoneId);
  const smallAccount = top.truth('small_account');
  const mapTiles = top.text(
    'map_tiles',
    /^https:\/\/([a-z0-9-]+\.)+[a-z0-9-]+(:\d{1,5})?$/,
    'where map tiles come from, such as "https://tiles.example.org": the server of `map_tiles` in gallery.yml',
  );
  const mail = mailOf(top.section('mail'));
  const pipeline = pipelineOf(top.section('pipeline'));
  top.nothingElse();
  const { title, region, email } = read;
  if (problems.length > 0 || title === undefined || region === undefined || email === undefined) {
    throw new ConfigurationError(problems);
  }
  return {
    ...read,
    title,
    region,
    email,
    ...(domain === undefined ? {} : { domain }),
    ...(zone === undefined ? {} : { zone }),
    ...(smallAccount === undefined ? {} : { smallAccount }),
    ...(mapTiles === undefined ? {} : { mapTiles }),
    ...(mail === undefined ? {} : { mail }),
    ...(pipeline === undefined ? {} : { pipeline }),
  };
}

/** An e-mail address without anything that has a meaning in a header. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$/;

/** A host name of at least two labels (RFC 1123, in small letters). */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

function table(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '');
    throw new ConfigurationError([`${file}, line ${error.line}, column ${error.column}: ${what}`]);
  }
}

function zoneOf(top: Section, domain: string | undefined, name: string | undefined, id: string | undefined) {
  if (name === undefined && id === undefined) return undefined;
  if (name === undefined || id === undefined) {
    const missing = name === undefined ? 'hosted_zone' : 'hosted_zone_id';
    top.wrong(
      missing,
      'is missing: `hosted_zone` and `hosted_zone_id` go together, or leave both away and add the DNS records yourself',
    );
    return undefined;
  }
  if (domain === undefined) {
    top.wrong('domain', 'is missing: a hosted zone is for a gallery with a domain of its own');
  } else if (domain !== name && !domain.endsWith(`.${name}`)) {
    top.wrong('hosted_zone', `is "${name}", but the domain "${domain}" does not lie in that zone`);
  }
  return { name, id };
}

function mailOf(section: Section | undefined): MailServer | undefined {
  if (section === undefined) return undefined;
  const server = section.required(
    'server',
    /^[A-Za-z0-9.-]{1,253}$/,
    'the name of a mail server',
    'server = "email-smtp.eu-central-1.amazonaws.com"',
  );
  const from = section.required('from', ADDRESS, 'an e-mail address', 'from = "photos@example.org"');
  const port = section.whole('port', 1, 65_535);
  const user = section.text('user', /^[\x21-\x7e]{1,200}$/, 'the name to sign in to the mail server with');
  const tls = section.oneOf('tls', ['starttls', 'tls']) ?? 'starttls';
  if (port === 25) section.wrong('port', `is 25, which AWS lets no function reach: leave it away, and it is 587`);
  for (const [known, other, meant] of [
    [465, 'starttls', 'tls'],
    [587, 'tls', 'starttls'],
  ] as const)
    if (port === known && tls === other) section.wrong('port', `is ${known}, which wants tls = "${meant}" beside it`);
  const quiet = section.whole('quiet_hours', 0, 168) ?? 3;
  // What is for a gallery on one machine alone.
  for (const name of ['password', 'password_file', 'ca_file', 'address']) {
    if (section.text(name, /^/, 'nothing') !== undefined)
      section.wrong(
        name,
        name.startsWith('password')
          ? 'has no place here: `heirloom notify --set-password` keeps the password where the gallery alone can read it'
          : 'is for a gallery on one machine: leave it away',
      );
  }
  section.nothingElse();
  if (server === undefined || from === undefined) return undefined;
  return {
    server,
    ...(port === undefined ? {} : { port }),
    tls,
    ...(user === undefined ? {} : { user }),
    from,
    quiet_hours: quiet,
  };
}

function pipelineOf(section: Section | undefined): PipelineSource | undefined {
  if (section === undefined) return undefined;
  const account = section.required(
    'account',
    /^\d{12}$/,
    "the account's 12 digits as text",
    'account = "123456789012"',
  );
  const connection = section.required(
    'connection',
    /^arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[0-9a-f-]+$/,
    'the ARN of a connection to GitHub',
    'connection = "arn:aws:codeconnections:…"',
  );
  const repository = section.required(
    'repository',
    /^[\w.-]+\/[\w.-]+$/,
    'a repository as "owner/name"',
    'repository = "me/gallery"',
  );
  const branch = section.text('branch', /^[^\s~^:?*[\\]+$/, 'the name of a branch') ?? 'main';
  section.nothingElse();
  if (account === undefined || connection === undefined || repository === undefined) return undefined;
  return { account, connection, repository, branch };
}
