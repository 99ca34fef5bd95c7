/**
 * Every way to name an object of a client that the OpenAPI document has: in a path, as a parameter, in a body. Whoever
 * adds one has to say here whose object it names, or the walk fails.
 */
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { openApiDocument } from '../../../libs/api-contract/openapi.ts';
import type { Answer, World } from './api-world.ts';

/** Kinds of objects, as paths name them. */
export type Kind =
  'clients' | 'api-keys' | 'portal-sessions' | 'webhooks' | 'deliveries' | 'events' | 'replays' | 'secrets';

/** Of no client. */
const commonKinds: Readonly<Record<string, string>> = { 'event-types': 'order.created', erasures: 'er_nobody' };

/** Parameters and members of bodies that name an object; the audit log names objects of any kind. */
const kindOfName: Readonly<Record<string, Kind>> = {
  clientId: 'clients',
  webhookId: 'webhooks',
  targetWebhookId: 'webhooks',
  deliveryId: 'deliveries',
  eventId: 'events',
  objectId: 'webhooks',
  actorId: 'api-keys',
};

export class Objects {
  private readonly ids: Readonly<Record<Kind, string>>;

  constructor(ids: Readonly<Record<Kind, string>>) {
    this.ids = ids;
  }

  with(ids: Partial<Record<Kind, string>>): Objects {
    return new Objects({ ...this.ids, ...ids });
  }

  /** @throws for a path that the walk does not know */
  byPath(segment: string, parameter: string): string {
    const id = (this.ids as Readonly<Record<string, string>>)[segment] ?? commonKinds[segment];
    if (id === undefined) throw new Error(`whose is {${parameter}} after ${segment}? Add it to the walk`);
    return id;
  }

  byName(name: string): string {
    const kind = kindOfName[name];
    if (kind === undefined) throw new Error(`what does ${name} name? Add it to the walk`);
    return this.ids[kind];
  }
}

/** Ids of the right form that are nobody's. */
export const nobodys = new Objects({
  clients: 'cl_nobody',
  'api-keys': 'key_nobody',
  'portal-sessions': 'ps_nobody',
  webhooks: 'wh_nobody',
  deliveries: 'f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d',
  events: 'evt-nobody',
  replays: 'rp_nobody',
  secrets: 'sec_nobody',
});

export function routeOf({ method, path }: Operation, objects: Objects): string {
  const filled = path.replaceAll(
    /([\w-]+)\/\{(\w+)\}/g,
    (_, segment: string, name: string) => `${segment}/${objects.byPath(segment, name)}`,
  );
  return `${method.toUpperCase()} ${filled}`;
}

export interface Walk {
  readonly operation: Operation;
  readonly place: 'path' | 'query' | 'body';
  ask(world: World, key: string, objects: Objects): Promise<Answer>;
}

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const { paths, components } = JSON.parse(JSON.stringify(openApiDocument('0.0.0'))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Each with what names the object. */
export const walks: readonly (readonly [string, Walk])[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.values(methods).flatMap((documented) => walksOf(path, documented)),
);

function walksOf(path: string, documented: Documented): (readonly [string, Walk])[] {
  const operation = allOperations.find(({ id }) => id === documented.operationId);
  if (operation === undefined) throw new Error(`${documented.operationId} is no operation`);
  const { id, example, isReading } = operation;
  const body = example === null ? {} : { body: example };
  const named: (readonly [string, Walk])[] = [];
  if (path.replaceAll(/event-types\/\{\w+\}/g, '').includes('{')) {
    const ask: Walk['ask'] = (world, key, objects) => world.ask(routeOf(operation, objects), { key, ...body });
    named.push([id, { operation, place: 'path', ask }]);
  }
  const parameters = (documented.parameters ?? []).filter((one) => one.in === 'query' && isIdName(one.name));
  for (const { name } of parameters) {
    const ask: Walk['ask'] = (world, key, objects) =>
      world.ask(`${routeOf(operation, nobodys)}?${name}=${objects.byName(name)}`, { key, ...body });
    named.push([`${id} by ${name}`, { operation, place: 'query', ask }]);
  }
  for (const path of idsWithin(documented.requestBody?.content['application/json']?.schema, [])) {
    const ask: Walk['ask'] = (world, key, objects) =>
      world.ask(routeOf(operation, nobodys), { key, body: withId(example, path, objects.byName(path.at(-1) ?? '')) });
    named.push([`${id} with ${path.join('.')}`, { operation, place: isReading ? 'query' : 'body', ask }]);
  }
  return named;
}

/** Paths of the members of a body that name objects, inside other members too. */
function idsWithin(schema: Schema | undefined, path: readonly string[]): (readonly string[])[] {
  if (schema === undefined || path.length > 3) return [];
  if (schema.$ref !== undefined) return idsWithin(components.schemas[schema.$ref.split('/').at(-1) ?? ''], path);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((branch) => idsWithin(branch, path));
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    isIdName(name) ? [[...path, name]] : idsWithin(member, [...path, name]),
  );
}

/** The example with this id at that path. */
function withId(example: unknown, [name = '', ...rest]: readonly string[], id: string): object {
  const members = (example ?? {}) as Readonly<Record<string, unknown>>;
  return { ...members, [name]: rest.length === 0 ? id : withId(members[name], rest, id) };
}

function isIdName(name: string): boolean {
  // That of a client's own making names nothing here.
  return /Id$/.test(name) && name !== 'externalId';
}
