/** What a change of an event type means to webhooks. */
import Type, { type Static } from 'typebox';
import { clientId } from './fields.ts';

const webhookId = Type.String({ examples: ['wh_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] });

export const fieldWarningSchema = Type.Object({
  code: Type.Enum(['filter_names_removed_field']),
  message: Type.String({
    description: 'For people.',
    examples: ['Filters of 1 webhooks name data.amount, which the schema no longer has.'],
  }),
  field: Type.String({ description: 'As filters name it.', examples: ['data.amount'] }),
  count: Type.Integer({ description: 'Webhooks whose filters name it.' }),
  isExact: Type.Boolean({ description: 'False: there are more webhooks than were looked at, 100,000.' }),
  webhooks: Type.Array(Type.Object({ id: webhookId, clientId }), {
    description: 'The first 20 of them.',
  }),
});
export type FieldWarning = Static<typeof fieldWarningSchema>;

export const fieldWarnings = Type.Array(fieldWarningSchema, {
  description: 'Fields that the schema no longer has and that filters of webhooks name.',
});
