// Signing in, staying signed in, and uploading from a browser: three functions of one binary.
//
// Each has a URL that only CloudFront may call, and a number of places that are its own: a flood of logins cannot keep
// those who are signed in from going on.

import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Assets } from '../assets.ts';
import type { Configuration } from '../config/configuration.ts';
import { RustFunction } from '../functions/rust-function.ts';
import type { Buckets } from '../storage/buckets.ts';

/** What signing in needs. */
export interface SignInProps {
  readonly configuration: Configuration;
  readonly assets: Assets;
  readonly buckets: Buckets;
  /** Whether the account has places to set apart. */
  readonly reserve: boolean;
}

/** Five at once of each: a login and a renewal take well under a second. */
export const PLACES = 5;

/** The functions that have places of their own, where the account has places to set apart. */
export const APART = ['Login', 'Renewal', 'Upload'] as const;

/** The three functions. */
export class SignIn extends Construct {
  readonly login: RustFunction;
  readonly renewal: RustFunction;
  readonly upload: RustFunction;
  readonly loginUrl: lambda.FunctionUrl;
  readonly renewalUrl: lambda.FunctionUrl;
  readonly uploadUrl: lambda.FunctionUrl;

  constructor(scope: Construct, id: string, props: SignInProps) {
    super(scope, id);
    const { configuration, buckets } = props;
    const made = (part: (typeof APART)[number], description: string, memory: number) => {
      const one = new RustFunction(this, part, {
        functionName: `${configuration.name}-${part.toLowerCase()}`,
        description,
        code: props.assets.login,
        architecture: configuration.architecture,
        memory,
        timeout: Duration.seconds(10),
        logDays: configuration.logDays,
        ...(props.reserve ? { reservedConcurrency: PLACES } : {}),
      });
      one.tell('HEIRLOOM_TITLE', configuration.title);
      one.tell('HEIRLOOM_AUDIENCE', configuration.name);
      one.tell('HEIRLOOM_SESSION_DAYS', String(configuration.sessionDays));
      return one;
    };
    // A whole processor for argon2 (`login::Cost::RECOMMENDED`: 64 MiB, three passes).
    this.login = made('Login', 'Signs viewers in and out', 1769);
    buckets.grant(this.login, 'auth', {
      read: ['keys/*', 'users/*', 'imported/*', 'devices/*', 'throttle/*', 'invitations/*'],
      write: ['users/*', 'devices/*', 'throttle/*', 'invitations/*', 'audit/*'],
      remove: ['devices/*', 'throttle/*'],
    });
    // What the gallery is called, which its owner may change in `gallery.yml`: this one record, and no listing.
    this.login.allow(['s3:GetObject'], [buckets.web.arnForObjects('catalogue/gallery.json')]);
    this.login.tell('HEIRLOOM_WEB_BUCKET', buckets.web.bucketName);
    // Renewal reads the viewer's record and the keys again, and writes nothing but the audit.
    this.renewal = made('Renewal', 'Renews the sessions of viewers who are still let in', 512);
    buckets.grant(this.renewal, 'auth', { read: ['keys/*', 'users/*'], write: ['audit/*'] });
    // It signs requests for the source bucket, so it may do what they may: add objects. It is a function of its own so
    // that whatever takes passwords has no way to the photos.
    this.upload = made('Upload', 'Lets owners upload from a browser', 512);
    buckets.grant(this.upload, 'auth', { read: ['keys/*', 'users/*'], write: ['audit/*'] });
    buckets.grant(this.upload, 'web', { read: ['catalogue/*'] });
    buckets.grant(this.upload, 'resized', { read: ['facts/*'] });
    buckets.grantAdding(this.upload);

    const url = (of: RustFunction) => of.lambda.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });
    this.loginUrl = url(this.login);
    this.renewalUrl = url(this.renewal);
    this.uploadUrl = url(this.upload);
  }
}
