/** The filters of deliveries by what became of them: in lists, exports, counts and replays. */
import Type from 'typebox';
import { deliveryStatuses } from '../domain/outcome.ts';
import { anyId, oneOrSeveralOf, severalOf, timestamp } from './fields.ts';

const severalMax = 20;

export const deliveryTriggers = ['first', 'retry', 'manual', 'replay', 'probe'] as const;

/** Each may be given several times, then one of them has to hold; all that are given have to. */
export const traitFields = {
  reason: severalOf(
    { ...anyId, examples: ['exhausted'] },
    severalMax,
    'Why they stand so, such as `exhausted`, `expired` or `http`.',
  ),
  responseCode: severalOf(
    Type.String({
      pattern: '^([1-9]\\d\\d|[1-9]xx|none)$',
      description: 'a code such as 404, a hundred such as 4xx, or none',
      examples: ['4xx'],
    }),
    severalMax,
    'Of the last attempt: a code such as `404`, a hundred such as `4xx`, or `none` where no answer came.',
  ),
  errorKind: severalOf(
    { ...anyId, examples: ['timeout'] },
    severalMax,
    'Of the last attempt: timeout, dns, connect, tls, reset or refused-address.',
  ),
  kind: severalOf(Type.Enum(['event', 'test']), 2, 'Of an event, or of a test event.'),
  trigger: severalOf(
    Type.Enum([...deliveryTriggers]),
    deliveryTriggers.length,
    'Those with an attempt that was made so.',
  ),
  attempts: severalOf(
    Type.String({
      pattern: '^(\\d{1,6}|\\d{1,6}\\.\\.\\d{0,6}|\\.\\.\\d{1,6})$',
      description: 'a number such as 3, or a range such as 2..5, 2.. or ..5',
      examples: ['2..5'],
    }),
    severalMax,
    'How many were made: `3`, `2..5`, `2..` or `..5`.',
  ),
  attemptedFrom: { ...timestamp, description: 'Their last attempt began at this time or later.' },
  attemptedTo: { ...timestamp, description: 'Their last attempt began before this time.' },
  arrivedFrom: {
    ...timestamp,
    description: 'They were made at this time or later, whatever time the event itself has.',
  },
  arrivedTo: { ...timestamp, description: 'They were made before this time, whatever time the event itself has.' },
};

export const optionalTraits = {
  reason: Type.Optional(traitFields.reason),
  responseCode: Type.Optional(traitFields.responseCode),
  errorKind: Type.Optional(traitFields.errorKind),
  kind: Type.Optional(traitFields.kind),
  trigger: Type.Optional(traitFields.trigger),
  attempts: Type.Optional(traitFields.attempts),
  attemptedFrom: Type.Optional(traitFields.attemptedFrom),
  attemptedTo: Type.Optional(traitFields.attemptedTo),
  arrivedFrom: Type.Optional(traitFields.arrivedFrom),
  arrivedTo: Type.Optional(traitFields.arrivedTo),
};

export const traitFilters = {
  status: Type.Optional(
    oneOrSeveralOf(
      Type.Enum([...deliveryStatuses]),
      deliveryStatuses.length,
      'Where they stand now; given several times, any of them.',
    ),
  ),
  ...optionalTraits,
};
