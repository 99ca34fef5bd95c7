/** Keys of the portal, which the management API serves. */
import { booleanKey, checkedListKey, makeKey, stringKey, type ConfigKey } from './config.ts';
import { quoted } from './masked-value.ts';
import { optionalHttpUrlKey } from './url-keys.ts';

/** Segments that are of the API itself. */
const taken = ['v1', 'health', 'metrics', 'docs', 'openapi.json', 'asyncapi.json', 'favicon.ico', 'problems'];

const pathKey: ConfigKey<string> = makeKey(
  {
    description:
      'Where browsers find the portal, without the last slash; what is before its last segment is also taken before /v1, for a proxy that passes a prefix on',
    default: '/portal',
  },
  (value) => {
    const segments = value.split('/').slice(1);
    const isPath =
      value.startsWith('/') && segments.every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._~-]*$/.test(segment));
    if (!isPath) throw new Error(`must be a path such as /portal, without a slash at its end, not ${quoted(value)}`);
    // What is before the last segment is also served without it, and with it.
    const [place] = [segments.at(-1) ?? '', segments[0] ?? ''].filter((segment) => taken.includes(segment));
    if (place !== undefined) throw new Error(`must neither begin nor end with ${place}: that is a place of the API`);
    return value;
  },
);

const traceKey = optionalHttpUrlKey({
  description: 'Where a trace is shown, with {traceId} for its id; empty: traces are shown as text',
  example: 'https://traces.example.com/trace/{traceId}',
  mayHaveQuery: true,
});

export const portalKeys = {
  PORTAL_ENABLED: booleanKey({ description: 'Serve the portal', default: 'true' }),
  PORTAL_PATH: pathKey,
  PORTAL_BRAND_NAME: stringKey({ description: 'What the portal calls itself', default: 'DeeperHub Webhooks' }),
  PORTAL_FRAME_ANCESTORS: checkedListKey(
    { description: 'Origins whose pages may show the portal in a frame; empty: none', default: '' },
    (item, told) => {
      // It becomes a part of the policy: nothing but a host may be in it.
      if (!/^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i.test(item)) {
        throw new Error(`must be origins such as https://app.example.com or https://*.example.com, not ${told}`);
      }
    },
  ),
  PORTAL_REFRESH_URL: optionalHttpUrlKey({
    description:
      'Where somebody whose session ends gets a new one; the address to come back to follows as ?return=…; empty: nowhere',
    example: 'https://app.example.com/webhooks/sign-in',
    mayHaveQuery: true,
  }),
  PORTAL_TRACE_URL: {
    ...traceKey,
    parse: (text: string) => {
      const url = traceKey.parse(text);
      if (url?.includes('{traceId}') === false) throw new Error('must have {traceId} where the id of the trace goes');
      return url;
    },
  },
} as const;
