import type { Command } from '../command.ts';
import { brokersOption, rejectedOptions } from '../kafka-options.ts';

export const rejectedLastDefault = 20;

export const rejectedList: Command = {
  name: 'rejected list',
  summary: 'Lists records that are no events, from platform.events.rejected, with the reason.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    ...rejectedOptions,
    last: { takes: 'N', text: `so many, among the last N of each partition (${rejectedLastDefault})` },
    api: { takes: null, text: 'asks the API instead of Kafka: an operator’s key is enough' },
    ...brokersOption,
  },
  notes: [
    'Connects to Kafka, unless --api is given, which shows at most 50, with values masked and whether they were sent again: KAFKA_… and TOPIC_PREFIX of the environment apply as for the apps. With --json key, value and headers are shown too: as text, or in base64 where they are none.',
  ],
  examples: [
    'rejected list',
    'rejected list --api',
    'rejected list --topic shop.public.customers --reason mapping_failed --json',
  ],
  needsApi: false,
  run: async (context) => {
    if (context.given.has('api'))
      return (await import('../rejected-over-api.ts')).listOverApi(context, rejectedLastDefault);
    return (await import('../over-kafka/list-rejected.ts')).listRejected(context);
  },
};
