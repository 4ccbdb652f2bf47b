// The event that Lambda@Edge hands to the gate (AWS, "Lambda@Edge event structure").

/** A header, as CloudFront writes it: its name stands in the key in small letters, and in the entry as it came. */
export type Headers = Readonly<Record<string, readonly { readonly key: string; readonly value: string }[]>>;

/** A viewer-request event: somebody asks for a path. */
export function viewerRequest(uri: string, headers: Headers): object {
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: 'd.cloudfront.net',
            distributionId: 'D',
            eventType: 'viewer-request',
            requestId: 'R',
          },
          request: { clientIp: '203.0.113.9', method: 'GET', querystring: '', uri, headers },
        },
      },
    ],
  };
}
