/**
 * The catalogue as OpenAPI and AsyncAPI documents, as whoever asks may see it. Holds: a document is bounded, however long the catalogue is.
 */
import { createHash } from 'node:crypto';
import { Controller, Inject, StreamableFile } from '@nestjs/common';
import {
  asyncApiDocument,
  openApiWithWebhooks,
  type PublishedCatalogue,
} from '../../../libs/api-contract/catalogue-documents.ts';
import { getAsyncApi, getOpenApi } from '../../../libs/api-contract/catalogue-publication.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import {
  EventTypeStore,
  type CataloguedType,
  type SeenType,
} from '../../../libs/postgres/webhooks/event-type-store.ts';
import type { InputOf } from '../access/caller.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { Input, Route } from '../http/route.ts';
import { KeptTexts } from './kept-texts.ts';

const typesMax = 500;
const charsMax = 4 * 1024 * 1024;
const pageMax = 250;

/** Those of one catalogue, in both forms, for clients that see different parts of it. */
const keptBytesMax = 32 * 1024 * 1024;

@Controller()
export class CatalogueDocumentsController {
  private readonly kept = new KeptTexts(keptBytesMax);

  constructor(@Inject(EventTypeStore) private readonly eventTypes: EventTypeStore) {}

  @Route(getOpenApi)
  openApi(@Input() { caller }: InputOf<typeof getOpenApi>) {
    return this.document('openapi', caller.clientId, openApiWithWebhooks);
  }

  @Route(getAsyncApi)
  asyncApi(@Input() { caller }: InputOf<typeof getAsyncApi>) {
    return this.document('asyncapi', caller.clientId, asyncApiDocument);
  }

  /** Made once for each catalogue that somebody sees: it takes up to a quarter of a second, in which nobody else gets an answer. */
  private async document(
    form: string,
    clientId: string | null,
    make: (version: string, catalogue: PublishedCatalogue) => object,
  ): Promise<StreamableFile> {
    const seen = await this.eventTypes.seen(clientId, typesMax + 1);
    const digest = `${form} ${digestOf(seen)}`;
    let text = this.kept.find(digest);
    if (text === null) {
      const { entries, hasMore } = await this.catalogueOf(clientId);
      text = Buffer.from(JSON.stringify(make(productVersion, { types: entries.map(published), hasMore })));
      // What changed in between may be for this client alone, and others have had the same digest.
      const isOfSeen = digestOf(entries) === digestOf(seen.slice(0, entries.length));
      if (isOfSeen && (hasMore || entries.length === seen.length)) this.kept.keep(digest, text);
    }
    return new StreamableFile(text, { type: 'application/json; charset=utf-8' });
  }

  private async catalogueOf(clientId: string | null): Promise<ReadCatalogue> {
    const entries: CataloguedType[] = [];
    let after: string | null = null;
    let chars = 0;
    do {
      const page: Awaited<ReturnType<EventTypeStore['list']>> = await this.eventTypes.list(
        { clientId },
        { limit: pageMax, after },
      );
      for (const entry of page.items) {
        chars += (entry.jsonSchema?.length ?? 0) + (entry.example?.length ?? 0);
        if (entries.length >= typesMax || chars > charsMax) return { entries, hasMore: true };
        entries.push(entry);
      }
      after = page.next;
    } while (after !== null);
    return { entries, hasMore: false };
  }
}

interface ReadCatalogue {
  readonly entries: readonly CataloguedType[];
  readonly hasMore: boolean;
}

function digestOf(entries: readonly SeenType[]): string {
  const states = entries.map(({ type, version, createdAt, updatedAt }) => [type, version, +createdAt, +updatedAt]);
  return createHash('sha256').update(JSON.stringify(states)).digest('hex');
}

function published({ type, description, jsonSchema, example, deprecated }: CataloguedType) {
  return { type, description, jsonSchema: valueOf(jsonSchema), example: valueOf(example), deprecated };
}

function valueOf(text: string | null): unknown {
  return text === null ? null : parseLossless(text);
}
