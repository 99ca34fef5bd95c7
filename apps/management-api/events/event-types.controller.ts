/** The catalogue of event types. */
import { Controller, Inject } from '@nestjs/common';
import * as contract from '../../../libs/api-contract/event-types.ts';
import { EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import type { InputOf } from '../access/caller.ts';
import { exampleProblems, incompatibilities } from './event-type-checks.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { shownEventType } from '../shown.ts';

@Controller()
export class EventTypesController {
  constructor(@Inject(EventTypeStore) private readonly eventTypes: EventTypeStore) {}

  @Route(contract.putEventType)
  async put(@Input() { params, query, body, actor }: InputOf<typeof contract.putEventType>) {
    const fields = {
      description: body.description ?? null,
      audience: body.audience ?? 'client',
      jsonSchema: jsonText(body.jsonSchema),
      schemaMode: body.schemaMode ?? 'off',
      example: jsonText(body.example),
      sensitivePaths: body.sensitivePaths ?? [],
      deprecated: body.deprecated ?? false,
    } as const;
    const misfits = exampleProblems(fields);
    if (misfits.length > 0) throw invalid(misfits);
    const refusalOf = ({ jsonSchema }: { jsonSchema: string | null }) =>
      query.force === true ? null : incompatibilities(jsonSchema, fields.jsonSchema);
    const put = await this.eventTypes.put(params.type, fields, refusalOf, actor, new Date());
    if (put.kind === 'put') return shownEventType(put.entry);
    throw new ProblemError('incompatible_schema', undefined, { errors: put.refusal });
  }

  @Route(contract.listEventTypes)
  async list(@Input() { query }: InputOf<typeof contract.listEventTypes>) {
    return pageAnswer(await this.eventTypes.list(query, pageByText(query)), shownEventType);
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
