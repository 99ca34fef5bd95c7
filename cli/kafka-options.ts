/** Options of the commands that speak with Kafka. What does so is loaded when such a command runs: it takes its time. */
import type { Option } from './command.ts';

export const brokersOption: Readonly<Record<string, Option>> = {
  brokers: { takes: 'HOST:PORT,…', text: 'Kafka (KAFKA_BROKERS; default 127.0.0.1:19092)' },
};

export const rejectedOptions: Readonly<Record<string, Option>> = {
  topic: { takes: 'NAME', text: 'that came from this topic' },
  reason: { takes: 'REASON', text: 'that were rejected for this reason' },
  at: { takes: 'PARTITION@OFFSET', isList: true, text: 'this one, by its place on platform.events.rejected' },
};
