/** A tenant. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const ClientRow = defineEntity({
  name: 'Client',
  tableName: 'client',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    createdAt: p.datetime(),
  },
});
export type ClientRow = InferEntity<typeof ClientRow>;
