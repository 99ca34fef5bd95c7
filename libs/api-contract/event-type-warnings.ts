/** What a change of an event type means to webhooks. */
import Type, { type Static } from 'typebox';

export const fieldWarningSchema = Type.Object({
  code: Type.Enum(['filter_names_removed_field']),
  message: Type.String({ description: 'For people.' }),
  field: Type.String({ description: 'As filters name it.', examples: ['data.amount'] }),
  count: Type.Integer({ description: 'Webhooks whose filters name it.' }),
  isExact: Type.Boolean({ description: 'False: there are more webhooks than were looked at, 100,000.' }),
  webhooks: Type.Array(Type.Object({ id: Type.String(), clientId: Type.String() }), {
    description: 'The first 20 of them.',
  }),
});
export type FieldWarning = Static<typeof fieldWarningSchema>;

export const fieldWarnings = Type.Array(fieldWarningSchema, {
  description: 'Fields that the schema no longer has and that filters of webhooks name.',
});
