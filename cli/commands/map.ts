import type { Command } from '../command.ts';
import { brokersOption } from '../kafka-options.ts';

export const mapLastDefault = 10;

export const map: Command = {
  name: 'map',
  summary:
    'Tries a mapping on the last records of a topic: shows the event that each would become, or why it would not.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    topic: { takes: 'NAME', text: 'the topic to read; nothing is written, and no reader of it notices' },
    file: { takes: 'FILE', text: 'the mappings, in YAML or JSON (PLATFORM_MAPPINGS)' },
    last: { takes: 'N', text: `so many records (${mapLastDefault})` },
    ...brokersOption,
  },
  notes: [
    'Connects to Kafka and, for values with a schema, to the registry: KAFKA_…, SCHEMA_REGISTRY_… and TOPIC_PREFIX of the environment apply as for the apps. Needs no running app. A topic without a mapping is shown as fan-out reads it: as CloudEvents. Whether a client, and the type, are known is not looked up.',
  ],
  examples: ['map --file mappings.yaml --topic shop.public.customers', 'map --topic orders --last 100 --json'],
  needsApi: false,
  run: async (context) => (await import('../over-kafka/try-mapping.ts')).tryMapping(context),
};
