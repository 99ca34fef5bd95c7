/** The catalogue of event types. */
import { Controller, Inject } from '@nestjs/common';
import * as contract from '../../libs/api-contract/event-types.ts';
import { EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import type { InputOf } from './caller.ts';
import { pageAnswer, pageByText } from './paging.ts';
import { notFound } from './problem-error.ts';
import { Input, Route } from './route.ts';
import { shownEventType } from './shown.ts';

@Controller()
export class EventTypesController {
  constructor(@Inject(EventTypeStore) private readonly eventTypes: EventTypeStore) {}

  @Route(contract.putEventType)
  async put(@Input() { params, body, actor }: InputOf<typeof contract.putEventType>) {
    const fields = {
      description: body.description ?? null,
      audience: body.audience ?? 'client',
      jsonSchema: jsonText(body.jsonSchema),
      schemaMode: body.schemaMode ?? 'off',
      example: jsonText(body.example),
      sensitivePaths: body.sensitivePaths ?? [],
      deprecated: body.deprecated ?? false,
    } as const;
    return shownEventType(await this.eventTypes.put(params.type, fields, actor, new Date()));
  }

  @Route(contract.listEventTypes)
  async list(@Input() { query }: InputOf<typeof contract.listEventTypes>) {
    return pageAnswer(await this.eventTypes.list(pageByText(query)), shownEventType);
  }

  @Route(contract.getEventType)
  async read(@Input() { params }: InputOf<typeof contract.getEventType>) {
    const entry = await this.eventTypes.find(params.type);
    if (entry === null) throw notFound();
    return shownEventType(entry);
  }

  @Route(contract.deleteEventType)
  async remove(@Input() { params, actor }: InputOf<typeof contract.deleteEventType>) {
    if (!(await this.eventTypes.remove(params.type, actor, new Date()))) throw notFound();
  }
}

function jsonText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
