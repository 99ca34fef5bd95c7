/** What a document says of event types, and why something in it cannot be read. */

export interface FoundType {
  readonly type: string;
  /** Where it stands: a JSON Pointer (RFC 6901) into the document, or the subject of a registry. */
  readonly place: string;
  /** Each is left out where the document says nothing of it. */
  readonly description?: string;
  /** JSON Schema of the event's `data`, whole in itself. */
  readonly jsonSchema?: object | boolean;
  readonly example?: unknown;
  readonly deprecated?: boolean;
}

export interface Unreadable {
  readonly place: string;
  /** A sentence without its full stop. */
  readonly reason: string;
}

export interface CatalogueReading {
  readonly format: 'openapi' | 'asyncapi' | 'avro' | 'protobuf' | 'json-schema';
  readonly types: readonly FoundType[];
  readonly unreadable: readonly Unreadable[];
}

/** A part of a document that cannot be used: what is around it goes on. */
export class UnreadablePart extends Error {
  readonly code = 'unreadable_part';
  readonly retryable = false;
}

/** A document of which nothing can be used. */
export class UnreadableDocument extends Error {
  readonly code = 'unreadable_document';
  readonly retryable = false;
}

/** @returns what `read` made, or the reason why it made nothing. */
export function partOf<T>(place: string, unreadable: Unreadable[], read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadablePart)) throw error;
    unreadable.push({ place, reason: error.message });
    return null;
  }
}

/** Of one document. */
export const foundTypesMax = 500;

/** Asked before one more is read. @throws UnreadableDocument */
export function requireRoom(read: number): void {
  if (read >= foundTypesMax) throw new UnreadableDocument(`it has more than ${foundTypesMax} event types`);
}
