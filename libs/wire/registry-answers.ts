/**
 * What an answer of the registry means. A 404 may come from a proxy, an ingress or a wrong path as well; only the
 * registry's own code says that there is no such schema.
 * Source: Confluent Schema Registry, "API Reference", GET /schemas/ids/{id}: error code 40403, schema not found.
 * Apicurio Registry answers with the same code at its Confluent-compatible API.
 */
import type { HttpReply } from './http-question.ts';
import { askRegistry, type RegistryAddress } from './registry-access.ts';

const schemaNotFoundCode = 40_403;
const schemaPath = '/schemas/ids/';
const quotedMax = 200;

/** An answer, or none, that says nothing of the schema: ask again. Has a status, like what the registry's client throws. */
export class RegistryAnswerError extends Error {
  readonly code = 'registry_answer';
  readonly retryable = true;
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** Whether the error of the registry's client is an answer, or the lack of one, and not a schema that it cannot read. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'status' in error;
}

/** True for an error of the registry's client that may say that it has no schema. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { status, url } = error as { status?: unknown; url?: unknown };
  return status === 404 && typeof url === 'string' && url.includes(schemaPath);
}

/**
 * Asks again for what the client keeps to itself: the code in the answer.
 * @throws RegistryAnswerError when the answer does not say that the schema is missing
 */
export async function assertMissing(address: RegistryAddress, id: number): Promise<void> {
  const { status, body } = await answerOf(address, `${schemaPath}${id}`);
  if (saysNoSchema({ status, body })) return;
  throw unexpected({ status, body });
}

/** @throws RegistryAnswerError when there is none in time */
export async function answerOf(address: RegistryAddress, path: string): Promise<HttpReply> {
  try {
    return await askRegistry(address, path);
  } catch (error) {
    throw new RegistryAnswerError(0, error instanceof Error ? error.message : String(error), error);
  }
}

/** An answer that says nothing of what was asked for. */
export function unexpected({ status, body }: HttpReply): RegistryAnswerError {
  const quoted = body.slice(0, quotedMax);
  return new RegistryAnswerError(status, `it answers ${status}, and not its own "schema not found": ${quoted}`);
}

/** The registry itself says that it has no such schema. */
export function saysNoSchema({ status, body }: HttpReply): boolean {
  return status === 404 && codeOf(body) === schemaNotFoundCode;
}

/** It says by a code of its own, such as 40401 for a subject, that it does not have what was asked for; a wrong path is 404 alone. */
export function saysMissing({ status, body }: HttpReply): boolean {
  return status === 404 && /^404\d\d$/.test(String(codeOf(body)));
}

function codeOf(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && 'error_code' in parsed ? parsed.error_code : null;
  } catch {
    return null;
  }
}
