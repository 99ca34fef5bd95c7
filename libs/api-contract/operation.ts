/**
 * An operation of the API: what it takes, what it answers, who may call it. One table of these is the source of the
 * routes, of validation, of the types that controllers see, and of the OpenAPI document.
 */
import Type, { type Static, type TObject, type TSchema } from 'typebox';
import type { Capability } from '../domain/access/capabilities.ts';
import type { ProblemCode } from './problem-codes.ts';

export const roles = ['admin', 'client', 'publisher'] as const;
export type Role = (typeof roles)[number];
/** Roles of keys. A `viewer` is a `client` that may do no more than look. */
export const keyRoles = [...roles, 'viewer'] as const;
export type KeyRole = (typeof keyRoles)[number];

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface HeaderParameter {
  readonly name: string;
  readonly description: string;
  readonly schema: object;
}

/** The same said in another form: read by whoever the form is of, not by the schema of the body. */
export interface OtherBody {
  readonly mediaType: string;
  readonly schema: TSchema;
  readonly example: unknown;
}

export interface Operation<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  /** Unique; becomes operationId. */
  readonly id: string;
  readonly method: Method;
  /** With parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly roles: readonly Role[];
  /** What whoever asks must be able to, beside the role; null: nothing. */
  readonly needs: Capability | null;
  /** It changes nothing and sends nothing: open to those who may only look. */
  readonly isReading: boolean;
  /** It takes If-Match. */
  readonly isConditional: boolean;
  /** Its answer has a `version`, which is its ETag. */
  readonly isVersioned: boolean;
  /** What the member is called that is the version. */
  readonly versionField: 'version' | 'revision';
  readonly params: Params;
  readonly query: Query;
  /** An object without properties where there is nothing to send. */
  readonly body: Body;
  readonly otherBodies: readonly OtherBody[];
  /** False: no body stands for `{}`. */
  readonly isBodyRequired: boolean;
  /** Headers that it reads itself, beside those that every operation has. */
  readonly headers: readonly HeaderParameter[];
  readonly answer: {
    readonly status: number;
    readonly schema: Answer | null;
    readonly description: string;
    readonly mediaType: string;
  };
  /** Beyond commonProblemCodes. */
  readonly problems: readonly ProblemCode[];
  /** A body that works as it stands. */
  readonly example: unknown;
}

export type ParamsOf<Op extends Operation> = Static<Op['params']>;
export type QueryOf<Op extends Operation> = Static<Op['query']>;
export type BodyOf<Op extends Operation> = Static<Op['body']>;
export type AnswerOf<Op extends Operation> = Static<NonNullable<Op['answer']['schema']>>;

const none = Type.Object({}, { additionalProperties: false });
type None = typeof none;

export interface OperationText<
  Params extends TObject,
  Query extends TObject,
  Body extends TSchema,
  Answer extends TSchema,
> {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly roles: readonly Role[];
  /** Default of what only reads: nothing. Whatever changes or sends something says it. */
  readonly needs?: Capability | null;
  /** Default: of every GET. */
  readonly isReading?: boolean;
  readonly isConditional?: boolean;
  readonly isVersioned?: boolean;
  readonly versionField?: 'version' | 'revision';
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly otherBodies?: readonly OtherBody[];
  readonly isBodyRequired?: boolean;
  readonly status: 200 | 201 | 202 | 204;
  readonly answer?: Answer;
  /** JSON when left out. */
  readonly mediaType?: string;
  readonly headers?: readonly HeaderParameter[];
  readonly answered: string;
  readonly problems?: readonly ProblemCode[];
  readonly example?: unknown;
}

export function operation<
  Params extends TObject = None,
  Query extends TObject = None,
  Body extends TSchema = None,
  Answer extends TSchema = None,
>(text: OperationText<Params, Query, Body, Answer>): Operation<Params, Query, Body, Answer> {
  const isReading = text.isReading ?? text.method === 'get';
  if (!isReading && text.needs === undefined) throw new TypeError(`${text.id} does not say what it needs`);
  const { status, answered, answer, mediaType = 'application/json', params, query, body, ...rest } = text;
  return {
    description: '',
    problems: [],
    headers: [],
    otherBodies: [],
    example: null,
    needs: null,
    isReading,
    isConditional: false,
    isVersioned: false,
    versionField: 'version',
    ...rest,
    // Left out, each of these is an object without properties, and its type argument says so.
    params: params ?? (none as unknown as Params),
    query: query ?? (none as unknown as Query),
    body: body ?? (none as unknown as Body),
    isBodyRequired: text.isBodyRequired ?? body !== undefined,
    answer: { status, schema: answer ?? null, description: answered, mediaType },
  };
}
