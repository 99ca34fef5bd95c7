/**
 * The catalogue as OpenAPI and AsyncAPI documents, as whoever asks may see it. Holds: a document is bounded, however long the catalogue is.
 */
import { Controller, Inject } from '@nestjs/common';
import {
  asyncApiDocument,
  openApiWithWebhooks,
  type PublishedCatalogue,
} from '../../../libs/api-contract/catalogue-documents.ts';
import { getAsyncApi, getOpenApi } from '../../../libs/api-contract/catalogue-publication.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { EventTypeStore, type CataloguedType } from '../../../libs/postgres/webhooks/event-type-store.ts';
import type { InputOf } from '../access/caller.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { Input, Route } from '../http/route.ts';

const typesMax = 500;
const charsMax = 4 * 1024 * 1024;
const pageMax = 250;

@Controller()
export class CatalogueDocumentsController {
  constructor(@Inject(EventTypeStore) private readonly eventTypes: EventTypeStore) {}

  @Route(getOpenApi)
  async openApi(@Input() { caller }: InputOf<typeof getOpenApi>) {
    return openApiWithWebhooks(productVersion, await this.catalogueOf(caller.clientId)) as {
      openapi: string;
      webhooks: object;
    };
  }

  @Route(getAsyncApi)
  async asyncApi(@Input() { caller }: InputOf<typeof getAsyncApi>) {
    return asyncApiDocument(productVersion, await this.catalogueOf(caller.clientId)) as {
      asyncapi: string;
      channels: object;
    };
  }

  private async catalogueOf(clientId: string | null): Promise<PublishedCatalogue> {
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
        if (entries.length >= typesMax || chars > charsMax) return { types: entries.map(published), hasMore: true };
        entries.push(entry);
      }
      after = page.next;
    } while (after !== null);
    return { types: entries.map(published), hasMore: false };
  }
}

function published({ type, description, jsonSchema, example, deprecated }: CataloguedType) {
  return { type, description, jsonSchema: valueOf(jsonSchema), example: valueOf(example), deprecated };
}

function valueOf(text: string | null): unknown {
  return text === null ? null : parseLossless(text);
}
