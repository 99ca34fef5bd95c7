/** Every problem that the API answers with (RFC 9457): the one table of stable codes. */

export interface ProblemKind {
  /** HTTP status. */
  readonly status: number;
  /** The same for every problem of this code. */
  readonly title: string;
  /** When it happens, for the reference. */
  readonly meaning: string;
}

export const problemCodes = {
  malformed_request: {
    status: 400,
    title: 'The request cannot be read',
    meaning: 'The URL or the framing of the request is broken.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    meaning:
      'The body does not parse (`detail` has line and column), is not UTF-8, or is nested deeper than 100 levels.',
  },
  unauthenticated: {
    status: 401,
    title: 'An API key is needed',
    meaning:
      'There is no `Authorization: Bearer` header, or its key is unknown or revoked, its portal session has ended, or the token of an operator is refused (`detail` says why).',
  },
  forbidden: {
    status: 403,
    title: 'This key may not do that',
    meaning:
      'The role of the key does not include this operation, or the key or session lacks the capability that it needs.',
  },
  not_found: {
    status: 404,
    title: 'There is no such object',
    meaning: 'No object with this id exists, or your key cannot see it: the answer is the same.',
  },
  route_not_found: {
    status: 404,
    title: 'There is no such route',
    meaning: 'No operation has this path.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path takes other methods',
    meaning: 'The path exists, the method is not among those that the header `Allow` names.',
  },
  not_acceptable: {
    status: 406,
    title: 'The answer has another media type',
    meaning: 'The `Accept` header excludes the only media type in which this operation answers.',
  },
  already_exists: {
    status: 409,
    title: 'The object exists already',
    meaning: 'An object with the given id exists already.',
  },
  webhook_disabled: {
    status: 409,
    title: 'The webhook is disabled',
    meaning: 'Nothing but tests and pings is sent to a disabled webhook: enable it first.',
  },
  webhook_unverified: {
    status: 409,
    title: 'The endpoint has not proven that it wants deliveries',
    meaning: 'Nothing is sent to the webhook before its endpoint has proven that it wants deliveries.',
  },
  verification_off: {
    status: 409,
    title: 'Endpoints need not prove anything here',
    meaning: 'ENDPOINT_VERIFICATION is off: every endpoint that may be registered is sent to.',
  },
  webhook_deleted: {
    status: 409,
    title: 'The webhook was deleted',
    meaning: 'The webhook of this delivery no longer exists; the delivery stays in the history.',
  },
  event_not_in_history: {
    status: 409,
    title: 'The event is not in the history',
    meaning: 'The event is older than the history, was a ping, or has not been stored yet, so it cannot be sent again.',
  },
  event_erased: {
    status: 409,
    title: 'The data of the event was erased',
    meaning: 'Somebody had the data of the event erased, so there is nothing to send or to try.',
  },
  several_events: {
    status: 409,
    title: 'Several events have this id',
    meaning: 'Events of several sources or clients have this id, and the request does not say which one it means.',
  },
  client_suspended: {
    status: 409,
    title: 'The client is suspended',
    meaning:
      'An operator has suspended the client: its webhooks are held, and none is created, enabled, paused or resumed.',
  },
  too_many_replays: {
    status: 409,
    title: 'Too many replays are open',
    meaning: 'Ten replays of the client are pending or running: wait until one ends, or cancel one.',
  },
  webhook_rewinding: {
    status: 409,
    title: 'The webhook is being rewound',
    meaning: 'One rewind of a webhook goes on at a time: wait until it ends, or cancel it.',
  },
  replay_ended: {
    status: 409,
    title: 'The replay has ended',
    meaning: 'The replay has finished or failed, so there is nothing left to cancel.',
  },
  too_many_secrets: {
    status: 409,
    title: 'Too many secrets are live',
    meaning: 'Ten secrets of the webhook sign already: wait until one expires, or rotate with overlapHours 0.',
  },
  incompatible_schema: {
    status: 409,
    title: 'The new schema is not compatible',
    meaning:
      '`errors` names each change that would break current producers or receivers: correct the schema, or repeat the request with `force=true`.',
  },
  newest_secret: {
    status: 409,
    title: 'The newest secret cannot be ended',
    meaning: 'The newest secret is the one that signs: rotate it first, then end the old one.',
  },
  too_many_webhooks: {
    status: 409,
    title: 'The client has too many webhooks',
    meaning: 'The client has as many webhooks as it may (`webhooksPerClientMax` of the settings): delete some first.',
  },
  too_many_keys: {
    status: 409,
    title: 'The client has too many keys',
    meaning: 'The client has 100 active keys, the most that it may create by itself: revoke some first.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request is still in progress',
    meaning:
      'A request with the same Idempotency-Key, or one that publishes an event of the same source and id, is being worked on: try again shortly.',
  },
  idempotency_answer_lost: {
    status: 409,
    title: 'The request was done, and its answer cannot be given again',
    meaning:
      'The first request with this Idempotency-Key was done, but the encryption key that its answer was kept under is gone: look at what it made instead of sending it again.',
  },
  precondition_failed: {
    status: 412,
    title: 'The object has changed',
    meaning: 'The object has a newer version than `If-Match` names: read it again, then repeat the change.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning:
      'The body is larger than 1 MiB (16 MiB for `POST /v1/events`), or an event in it larger than MAX_PAYLOAD_SIZE_KB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has to be JSON',
    meaning: 'The operation does not take this Content-Type, or the body is compressed.',
  },
  validation_failed: {
    status: 422,
    title: 'The request is not valid',
    meaning: '`errors` names every field that is wrong and the rule that it breaks.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    meaning: 'The key was used within 24 hours with another method, path or body.',
  },
  event_id_reused: {
    status: 422,
    title: 'The id belongs to another event',
    meaning:
      'An event of the same source and id was published for the client within 24 hours, with another type, subject, time or data.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    meaning: 'This key has sent more requests than its limit allows: try again after the seconds in `Retry-After`.',
  },
  too_many_open: {
    status: 429,
    title: 'Too many streams or exports are open',
    meaning:
      'The key, or all keys together, have the maximum number of streams and exports open: close one, or try again later.',
  },
  too_many_at_once: {
    status: 429,
    title: 'Too many requests at once',
    meaning:
      'The client, or all clients together, have the maximum number of requests of this kind in progress: reads of the database, counts of deliveries and replays, tests of filters, or more than others while the process has more to do than it can. Try again after the time in `Retry-After`.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'An unexpected error on the server. Its log has the details under the `requestId` of the problem.',
  },
  database_unavailable: {
    status: 503,
    title: 'The database is unavailable',
    meaning: 'Try again after the time in `Retry-After`.',
  },
  issuer_unavailable: {
    status: 503,
    title: 'The issuer of the token is unavailable',
    meaning:
      'The keys of the issuer of operators’ tokens could not be read, so nothing is known about this one. Keys go on. Try again after the time in `Retry-After`.',
  },
  query_timeout: {
    status: 503,
    title: 'The request takes too long',
    meaning:
      'The request would read more than one request may, or waited too long for a lock. Narrow it, in time or to a webhook, or try again after the time in `Retry-After`.',
  },
  kafka_unavailable: {
    status: 503,
    title: 'Kafka did not acknowledge in time',
    meaning: 'The events may still arrive: send them again with the same ids after the time in `Retry-After`.',
  },
  overloaded: {
    status: 503,
    title: 'Too many records are waiting for Kafka',
    meaning:
      'Kafka acknowledges more slowly than records arrive, and the buffer is full: try again after the time in `Retry-After`.',
  },
  health_check_timeout: {
    status: 504,
    title: 'The ping has no outcome yet',
    meaning: 'The outcome did not arrive in time: the endpoint is slow, or the dispatcher is busy or stopped.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemCodes;

/** Codes that any operation may answer with; operations name only those beyond. */
export const commonProblemCodes = [
  'malformed_request',
  'unauthenticated',
  'forbidden',
  'not_acceptable',
  'validation_failed',
  'rate_limited',
  'too_many_at_once',
  'internal_error',
  'database_unavailable',
  'issuer_unavailable',
  'query_timeout',
] as const satisfies readonly ProblemCode[];
