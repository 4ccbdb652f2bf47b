import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigurationError, readConfiguration } from './configuration.ts';

const LEAST = 'title = "The Meyers"\nregion = "eu-central-1"\nemail = "gerda@example.com"\n';

function sentences(text: string): readonly string[] {
  try {
    readConfiguration(text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.sentences;
    throw error;
  }
  return [];
}

test('three lines are enough', () => {
  assert.deepEqual(readConfiguration(LEAST), {
    title: 'The Meyers',
    name: 'heirloom',
    region: 'eu-central-1',
    email: 'gerda@example.com',
    sessionDays: 30,
    keepDeletedDays: 90,
    logDays: 90,
    countries: [],
    monthlyBudget: 5,
    accessLogs: false,
    architecture: 'x86_64',
  });
});

test('every setting is read', () => {
  const read = readConfiguration(`${LEAST}
    name = "meyers"
    domain = "photos.example.com"
    hosted_zone = "example.com"
    hosted_zone_id = "Z0123456789ABC"
    session_days = 7
    keep_deleted_days = 365
    log_days = 30
    countries = ["DE", "AT", "DE"]
    monthly_budget = 12
    access_logs = true
    architecture = "arm64"
    small_account = true
    map_tiles = "https://tiles.example.org"
    [pipeline]
    account = "123456789012"
    connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/0a1b2c3d-0000-4000-8000-000000000000"
    repository = "meyer/gallery"`);
  assert.equal(read.name, 'meyers');
  assert.equal(read.domain, 'photos.example.com');
  assert.deepEqual(read.zone, { name: 'example.com', id: 'Z0123456789ABC' });
  assert.deepEqual([read.sessionDays, read.keepDeletedDays, read.logDays, read.monthlyBudget], [7, 365, 30, 12]);
  assert.deepEqual(read.countries, ['DE', 'AT']);
  assert.equal(read.accessLogs, true);
  assert.equal(read.architecture, 'arm64');
  assert.equal(read.smallAccount, true);
  assert.equal(read.mapTiles, 'https://tiles.example.org');
  assert.equal(read.pipeline?.repository, 'meyer/gallery');
  assert.equal(read.pipeline?.branch, 'main');
});

const MAIL = `${LEAST}[mail]\nserver = "smtp.example.org"\nfrom = "photos@example.org"\n`;

test('a mail server is read, and its password has no place there', () => {
  assert.deepEqual(readConfiguration(`${MAIL}port = 465\ntls = "tls"\nuser = "family"\n`).mail, {
    server: 'smtp.example.org',
    port: 465,
    tls: 'tls',
    user: 'family',
    from: 'photos@example.org',
    quiet_hours: 3,
  });
  for (const [line, told] of [
    ['password = "x"', /heirloom notify --set-password/],
    ['password_file = "x"', /heirloom notify --set-password/],
    ['address = "https://x"', /is for a gallery on one machine/],
    ['tls = "none"', /should be "starttls" or "tls"/],
    ['port = 25', /which AWS lets no function reach/],
    ['port = 465', /wants tls = "tls"/],
    ['port = 587\ntls = "tls"', /wants tls = "starttls"/],
    ['usr = "x"', /did you mean `user`/],
    ['quiet_hours = 1000', /from 0 to 168/],
  ] as const)
    assert.match(sentences(`${MAIL}${line}\n`).join(), told, line);
  assert.match(sentences(MAIL.replace('photos@example.org', 'The Meyers <a@b.c>')).join(), /`mail.from` is/);
});

test('countries are those of ISO 3166, and who writes another is told which', () => {
  assert.match(
    sentences(`${LEAST}countries = ["DE", "UK", "XX"]\n`).join(),
    /`countries` names "UK" \(did you mean "GB"\?\) and "XX", which ISO 3166 gives to no country/,
  );
  assert.deepEqual(readConfiguration(`${LEAST}countries = ["GB", "ZA", "TW", "AX"]\n`).countries, [
    'GB',
    'ZA',
    'TW',
    'AX',
  ]);
});

test('the example in the guide is one', () => {
  const guide = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');
  const examples = [...guide.matchAll(/```toml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  assert.ok(examples.length > 0);
  for (const example of examples)
    readConfiguration(example.trimStart().startsWith('[pipeline]') ? LEAST + example : example);
});

const WRONG: [string, string, RegExp][] = [
  ['nothing', '', /`title` is missing: add a line such as title =/],
  ['no e-mail', LEAST.replace(/email.*\n/, ''), /`email` is missing: add a line such as email =/],
  ['no address', LEAST.replace('gerda@example.com', 'gerda'), /`email` is "gerda", but should be an e-mail address/],
  [
    'a region that is none',
    LEAST.replace('eu-central-1', 'eu-middle-1'),
    /`region` is "eu-middle-1", which is no region/,
  ],
  ['a region without Lambda@Edge', LEAST.replace('eu-central-1', 'cn-north-1'), /`region` is "cn-north-1"/],
  [
    'a region without function URLs',
    LEAST.replace('eu-central-1', 'eu-south-2'),
    /`region` is "eu-south-2", where Lambda has no function URLs, which signing in needs: choose another region/,
  ],
  [
    'a young region without function URLs',
    LEAST.replace('eu-central-1', 'ap-southeast-7'),
    /`region` is "ap-southeast-7", where Lambda has no function URLs/,
  ],
  [
    'access logs where CloudFront delivers none',
    `${LEAST.replace('eu-central-1', 'af-south-1')}access_logs = true`,
    /`access_logs` is true, but CloudFront delivers access logs to no bucket in "af-south-1": leave it away, or choose/,
  ],
  ['a number as a title', LEAST.replace('"The Meyers"', '7'), /`title` is 7, but should be a name/],
  ['a title with a line break', LEAST.replace('The Meyers', 'The\\nMeyers'), /`title` is "The\\nMeyers"/],
  ['a slip of the pen', `${LEAST}sesion_days = 3`, /`sesion_days` is no setting: did you mean `session_days`\?/],
  [
    'something else',
    `${LEAST}colour = "red"`,
    /`colour` is no setting: the settings here are access_logs, architecture/,
  ],
  [
    'too long a session',
    `${LEAST}session_days = 400`,
    /`session_days` is 400, but should be a whole number from 1 to 365/,
  ],
  ['half a day', `${LEAST}session_days = 0.5`, /`session_days` is 0.5/],
  ['a retention that CloudWatch lacks', `${LEAST}log_days = 31`, /`log_days` is 31, .* choose one of 1, 3, 5/],
  [
    'a country in words',
    `${LEAST}countries = ["Germany"]`,
    /`countries` is \["Germany"\], but should be a list of two-letter/,
  ],
  ['a name in capitals', `${LEAST}name = "Heirloom"`, /`name` is "Heirloom", but should be 2 to 24 small letters/],
  [
    'an address as a domain',
    `${LEAST}domain = "https://x.example"`,
    /`domain` is "https:\/\/x.example", but should be a host name/,
  ],
  [
    'a zone without a domain',
    `${LEAST}hosted_zone = "example.com"\nhosted_zone_id = "Z1"`,
    /`domain` is missing: a hosted zone/,
  ],
  [
    'a zone with its address as its id',
    `${LEAST}domain = "a.example.com"\nhosted_zone = "example.com"\nhosted_zone_id = "/hostedzone/Z1"`,
    /`hosted_zone_id` is "\/hostedzone\/Z1", but should be a Route 53 zone's id such as "Z0123456789ABC"/,
  ],
  ['half a zone', `${LEAST}domain = "a.example.com"\nhosted_zone = "example.com"`, /`hosted_zone_id` is missing/],
  [
    'another zone',
    `${LEAST}domain = "a.example.com"\nhosted_zone = "example.org"\nhosted_zone_id = "Z1"`,
    /does not lie in that zone/,
  ],
  ['a word as a truth', `${LEAST}access_logs = "yes"`, /`access_logs` is "yes", but should be true or false/],
  [
    'a budget of nothing',
    `${LEAST}monthly_budget = 0`,
    /`monthly_budget` is 0, but should be a whole number from 1 to 100000/,
  ],
  [
    'a century of deleted originals',
    `${LEAST}keep_deleted_days = 36500`,
    /`keep_deleted_days` is 36500, but should be a whole number from 1 to 3650/,
  ],
  ['a number as a truth', `${LEAST}small_account = 10`, /`small_account` is 10, but should be true or false/],
  [
    'map tiles from a path',
    `${LEAST}map_tiles = "https://tiles.example.org/{z}"`,
    /`map_tiles` is "https:\/\/tiles\.example\.org\/\{z\}", but should be where map tiles come from/,
  ],
  [
    'map tiles in the clear',
    `${LEAST}map_tiles = "http://tiles.example.org"`,
    /`map_tiles` is "http:\/\/tiles\.example\.org", but should be/,
  ],
  [
    'another architecture',
    `${LEAST}architecture = "riscv"`,
    /`architecture` is "riscv", but should be "x86_64" or "arm64"/,
  ],
  [
    'a pipeline of one word',
    `${LEAST}pipeline = true`,
    /`pipeline` is true, but should be a table: write \[pipeline\]/,
  ],
  [
    'a pipeline from nowhere',
    `${LEAST}[pipeline]\naccount = "1"`,
    /`pipeline.account` is "1", but should be the account's 12 digits/,
  ],
  [
    'a pipeline from a connection of another kind',
    `${LEAST}[pipeline]\nconnection = "arn:aws:iam::123456789012:role/github"`,
    /`pipeline.connection` is "arn:aws:iam::123456789012:role\/github", but should be the ARN of a connection to GitHub/,
  ],
  [
    'a pipeline from an address',
    `${LEAST}[pipeline]\nrepository = "https://github.com/meyer/gallery"`,
    /`pipeline.repository` is "https:\/\/github.com\/meyer\/gallery", but should be a repository as "owner\/name"/,
  ],
  [
    'a pipeline from a branch that Git would not take',
    `${LEAST}[pipeline]\nbranch = "my branch"`,
    /`pipeline.branch` is "my branch", but should be the name of a branch/,
  ],
  ['no TOML', `${LEAST}countries = [`, /^heirloom.toml, line \d+, column \d+: /],
];

test('access logs are written where CloudFront delivers them, and a gallery may live without', () => {
  assert.equal(readConfiguration(`${LEAST}access_logs = true`).accessLogs, true);
  for (const region of ['af-south-1', 'ap-east-1', 'eu-south-1', 'me-south-1'])
    assert.equal(readConfiguration(LEAST.replace('eu-central-1', region)).region, region);
});

for (const [name, text, sentence] of WRONG) {
  test(`refused with a sentence: ${name}`, () => {
    const found = sentences(text);
    assert.ok(
      found.some((line) => sentence.test(line)),
      `${found.join('\n')}\nhas nothing like ${sentence}`,
    );
  });
}

test('everything that is wrong is told at once', () => {
  assert.equal(sentences('region = "x"\nemail = 1\ncolour = 2').length, 4);
});

test('the example file is one, and shows every setting at its default', () => {
  const example = readFileSync(new URL('../../docs/heirloom.example.toml', import.meta.url), 'utf8');
  assert.deepEqual(
    { ...readConfiguration(example), title: '', email: '' },
    { ...readConfiguration(LEAST), title: '', email: '' },
  );
  const shown = new Set([...example.matchAll(/^(?:# )?([a-z_]+) = /gm)].map((match) => match[1]));
  const settings =
    sentences(`${LEAST}x = 1`)[0]
      ?.split('settings here are ')[1]
      ?.split(', ')
      .filter((name) => name !== 'pipeline' && name !== 'mail') ?? [];
  for (const setting of settings) assert.ok(shown.has(setting), `${setting} is not shown`);
});
