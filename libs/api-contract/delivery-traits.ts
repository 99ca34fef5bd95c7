/** The filters of deliveries by what became of them: in lists, exports, counts and replays. */
import Type from 'typebox';
import { triggers } from '../domain/delivery/delivery.ts';
import { deliveryStatuses } from '../domain/delivery/outcome.ts';
import { anyId, oneOrSeveralOf, severalOf, timestamp } from './fields.ts';

const severalMax = 20;

/** Each may be given several times, then one of them has to hold; all that are given have to. */
export const optionalTraits = {
  reason: Type.Optional(
    severalOf(
      { ...anyId, examples: ['exhausted'] },
      severalMax,
      'Why they stand so, such as `exhausted`, `expired` or `http`.',
    ),
  ),
  responseCode: Type.Optional(
    severalOf(
      Type.String({
        pattern: '^([1-9]\\d\\d|[1-9]xx|none)$',
        description: 'a code such as 404, a hundred such as 4xx, or none',
        examples: ['4xx'],
      }),
      severalMax,
      'Of the last attempt: a code such as `404`, a hundred such as `4xx`, or `none` where no answer came.',
    ),
  ),
  errorKind: Type.Optional(
    severalOf(
      { ...anyId, examples: ['timeout'] },
      severalMax,
      'Of the last attempt: timeout, dns, connect, tls, reset or refused-address.',
    ),
  ),
  kind: Type.Optional(severalOf(Type.Enum(['event', 'test']), 2, 'Of an event, or of a test event.')),
  trigger: Type.Optional(
    severalOf(Type.Enum([...triggers]), triggers.length, 'Those with an attempt that was made so.'),
  ),
  attempts: Type.Optional(
    severalOf(
      Type.String({
        pattern: '^(\\d{1,6}|\\d{1,6}\\.\\.\\d{0,6}|\\.\\.\\d{1,6})$',
        description: 'a number such as 3, or a range such as 2..5, 2.. or ..5',
        examples: ['2..5'],
      }),
      severalMax,
      'How many were made: `3`, `2..5`, `2..` or `..5`.',
    ),
  ),
  attemptedFrom: Type.Optional({ ...timestamp, description: 'Their last attempt began at this time or later.' }),
  attemptedTo: Type.Optional({ ...timestamp, description: 'Their last attempt began before this time.' }),
  arrivedFrom: Type.Optional({
    ...timestamp,
    description: 'Created at this time or later, whatever time the event carries.',
  }),
  arrivedTo: Type.Optional({
    ...timestamp,
    description: 'Created before this time, whatever time the event carries.',
  }),
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
