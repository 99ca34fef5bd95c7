/** The catalogue of event types in memory, with what each makes necessary: its mask and its schema check. */
import { audienceRuleOf, type AudienceRule, type EventType } from '../../libs/domain/event/event-type.ts';
import { Mask, SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { schemaInForce, type DataSchema } from '../../libs/wire/data-schema.ts';

export interface CatalogueEntry {
  /** Null: not catalogued. */
  readonly eventType: EventType | null;
  readonly audienceRule: AudienceRule | null;
  readonly mask: Mask;
  /** Null where no schema is to be checked. */
  readonly check: DataSchema | null;
}

export class Catalogue {
  private readonly entries = new Map<string, CatalogueEntry>();
  private readonly names: SensitiveNames;
  private readonly uncatalogued: CatalogueEntry;

  constructor(sensitiveFields: readonly string[]) {
    this.names = new SensitiveNames(sensitiveFields);
    this.uncatalogued = { eventType: null, audienceRule: null, mask: new Mask(this.names, []), check: null };
  }

  get size(): number {
    return this.entries.size;
  }

  apply(eventType: EventType): void {
    const before = this.entries.get(eventType.type);
    const isChecked = before?.check != null && eventType.schemaMode !== 'off';
    // What is compiled stays, however often the same is said.
    const isSame = isChecked && before.eventType?.jsonSchema === eventType.jsonSchema;
    this.entries.set(eventType.type, {
      eventType,
      audienceRule: audienceRuleOf(eventType),
      mask: new Mask(this.names, eventType.sensitivePaths),
      check: isSame ? before.check : checkOf(eventType),
    });
  }

  remove(type: string): void {
    this.entries.delete(type);
  }

  find(type: string): CatalogueEntry {
    return this.entries.get(type) ?? this.uncatalogued;
  }
}

/** Compiled at its first use: a catalogue is long, and few of its types are in use at once. */
function checkOf({ jsonSchema, schemaMode }: EventType): DataSchema | null {
  if (jsonSchema === null || schemaMode === 'off') return null;
  let compiled: DataSchema | null = null;
  return (data) => {
    compiled ??= schemaInForce(jsonSchema);
    return compiled(data);
  };
}
