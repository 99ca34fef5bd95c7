/** The catalogue of event types. */
import { Controller, Inject } from '@nestjs/common';
import { importEventTypes } from '../../../libs/api-contract/event-type-imports.ts';
import * as contract from '../../../libs/api-contract/event-types.ts';
import {
  EventTypeStore,
  type EventTypeFields,
  type PutResult,
} from '../../../libs/postgres/webhooks/event-type-store.ts';
import { FiltersOfTypes } from '../../../libs/postgres/webhooks/filters-looked-at.ts';
import type { InputOf } from '../access/caller.ts';
import { CatalogueImport } from './catalogue-import.ts';
import type { ManagementApiConfig } from '../config.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { retentionProblems } from './retention-checks.ts';
import { exampleProblems, incompatibilities } from './event-type-checks.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { eventTypeResponse } from '../responses.ts';
import { LookedFiltersOf, removedFieldWarnings } from './removed-fields.ts';

type Schema = Pick<EventTypeFields, 'jsonSchema'>;

@Controller()
export class EventTypesController {
  constructor(
    @Inject(EventTypeStore) private readonly eventTypes: EventTypeStore,
    @Inject(FiltersOfTypes) private readonly filters: FiltersOfTypes,
    @Inject(CatalogueImport) private readonly imports: CatalogueImport,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

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
      visibleTo: body.visibleTo,
      retentionDays: body.retentionDays ?? null,
    } as const;
    const misfits = [...exampleProblems(fields), ...retentionProblems(fields, this.config)];
    if (misfits.length > 0) throw invalid(misfits);
    const refusalOf = (before: EventTypeFields) => this.breaks(query.force, before, fields);
    return this.changed(await this.eventTypes.put(params.type, fields, refusalOf, actor, new Date()));
  }

  @Route(contract.updateEventType)
  async update(@Input() { params, query, body, actor }: InputOf<typeof contract.updateEventType>) {
    const { jsonSchema, example, ...others } = body;
    const given = {
      ...others,
      ...(jsonSchema !== undefined && { jsonSchema: jsonText(jsonSchema) }),
      ...(example !== undefined && { example: jsonText(example) }),
    };
    const refusalOf = (before: EventTypeFields, after: EventTypeFields) => {
      const misfits = [...exampleProblems(after), ...retentionProblems(given, this.config)];
      if (misfits.length > 0) return invalid(misfits);
      return this.breaks(query.force, before, after);
    };
    const changed = await this.eventTypes.change(params.type, given, refusalOf, actor, new Date());
    if (changed === null) throw notFound();
    return this.changed(changed);
  }

  @Route(importEventTypes)
  import(@Input() { body, actor }: InputOf<typeof importEventTypes>) {
    return this.imports.run(body, actor);
  }

  @Route(contract.listEventTypes)
  async list(@Input() { query, caller: { clientId } }: InputOf<typeof contract.listEventTypes>) {
    const page = await this.eventTypes.list({ ...query, clientId }, pageByText(query));
    return pageAnswer(page, (entry) => eventTypeResponse(entry, clientId));
  }

  @Route(contract.getEventType)
  async read(@Input() { params, caller: { clientId } }: InputOf<typeof contract.getEventType>) {
    const entry = await this.eventTypes.find(params.type, clientId);
    if (entry === null) throw notFound();
    return eventTypeResponse(entry, clientId);
  }

  @Route(contract.deleteEventType)
  async remove(@Input() { params, actor }: InputOf<typeof contract.deleteEventType>) {
    if (!(await this.eventTypes.remove(params.type, actor, new Date()))) throw notFound();
  }

  private breaks(force: boolean | undefined, before: Schema, after: Schema): ProblemError | null {
    const errors = force === true ? null : incompatibilities(before.jsonSchema, after.jsonSchema);
    return errors === null ? null : new ProblemError('incompatible_schema', undefined, { errors });
  }

  private async changed(result: PutResult<ProblemError>) {
    if (result.kind === 'refused') throw result.refusal;
    const { entry, before } = result;
    const looked = new LookedFiltersOf(this.filters);
    const warnings = await removedFieldWarnings(looked, entry.type, before?.jsonSchema ?? null, entry.jsonSchema);
    return { ...eventTypeResponse(entry, null), ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) };
  }
}

function jsonText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
