import type { Command } from '../command.ts';
import { brokersOption, rejectedOptions } from '../kafka-options.ts';

export const redriveLastDefault = 1_000;

export const rejectedRedrive: Command = {
  name: 'rejected redrive',
  summary: 'Sends rejected records to fan-out once more, after a mapping, a schema or a catalogue was mended.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    ...rejectedOptions,
    last: {
      takes: 'N',
      text: `without --api: at most so many, among the last N of each partition (${redriveLastDefault})`,
    },
    'dry-run': { takes: null, text: 'shows what would be sent and what it would become, and sends nothing' },
    file: { takes: 'FILE', text: 'the mappings that fan-out has, in YAML or JSON (PLATFORM_MAPPINGS)' },
    api: { takes: null, text: 'has the API send them, at a pace and without a look at what they would become' },
    id: { takes: 'ID', isList: true, text: 'with --api: this one, by the id that rejected list --api shows' },
    pace: { takes: 'N', text: 'with --api: so many a second (20; at most 100)' },
    ...brokersOption,
  },
  notes: [
    'Needs --topic, --reason or --at (with --api: --topic, --reason or --id). Without --api, what still would be no event is not sent. The others go to platform.events of the cluster of this system, which fan-out always reads, not to their own topic, which has other readers; headers say where they were, and they become the events that they would have become there. Fan-out has to have the mended mapping before: restart it first. What is sent twice is delivered twice, under the same webhook-id.',
  ],
  examples: [
    'rejected redrive --topic shop.public.customers --reason mapping_failed --dry-run',
    'rejected redrive --at 3@1041 --at 3@1042',
    'rejected redrive --api --reason schema_violation --pace 5',
  ],
  needsApi: false,
  run: async (context) => {
    if (context.given.has('api')) return (await import('../rejected-over-api.ts')).redriveOverApi(context);
    return (await import('../over-kafka/redrive-rejected.ts')).redriveRejected(context);
  },
};
