/**
 * In: a schema of the contract. Out: a value that fits it, made of the examples that its fields carry, for readers of
 * the OpenAPI document. Pure. What has no example of its own is null where it may be.
 */

interface ExampleSchema {
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ExampleSchema[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly items?: ExampleSchema;
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly minimum?: number;
}

/** A time that every example shares, so that they read as one story. */
export const exampleTime = '2026-03-14T09:26:53.589Z';

export function exampleOf(schema: object): unknown {
  const { examples, enum: words, anyOf, type, format, items, properties, minimum, ...rest } = schema as ExampleSchema;
  if (examples !== undefined) return examples[0];
  if ('const' in rest) return rest.const;
  if (words !== undefined) return words[0];
  if (anyOf !== undefined) return exampleOf(likeliestOf(anyOf));
  switch (type) {
    case 'object':
      return Object.fromEntries(Object.entries(properties ?? {}).map(([name, field]) => [name, exampleOf(field)]));
    case 'array':
      return items === undefined ? [] : [exampleOf(items)];
    case 'string':
      return format === 'date-time' ? exampleTime : 'text';
    case 'integer':
    case 'number':
      return minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** What is an example by itself, else null where that is allowed: it is true of most objects. */
function likeliestOf(branches: readonly ExampleSchema[]): ExampleSchema {
  const found =
    branches.find(({ examples }) => examples !== undefined) ??
    branches.find(({ type }) => type === 'null') ??
    branches[0];
  return found ?? {};
}
