/** The schema of an event's `data` in that of a body, and an example of it. */
import { dataMemberExtension } from '../../domain/event/data-member.ts';
import { membersOf, type LocalReferences, type Members } from './local-references.ts';

export interface DataSchema {
  readonly schema: unknown;
  /** False: it is one member of the body. */
  readonly isWhole: boolean;
  readonly example?: unknown;
}

/** @param owner operation or message that may have the extension. @throws UnreadablePart */
export function dataSchemaIn(references: LocalReferences, owner: Members, schema: unknown): DataSchema {
  const member = owner[dataMemberExtension];
  if (typeof member !== 'string') return { schema, isWhole: true };
  const envelope = references.follow(schema, '').members;
  const inside = membersOf(envelope['properties'])?.[member];
  const { examples } = membersOf(inside) ?? {};
  const example = Array.isArray(examples) ? (examples[0] as unknown) : undefined;
  // What stands beside a reference is of the body, not of the schema of data.
  const { $ref } = membersOf(inside) ?? {};
  const own = typeof $ref === 'string' ? { $ref } : undefined;
  return { schema: own, isWhole: false, ...(example === undefined ? {} : { example }) };
}
