/**
 * Learns a schema however long the registry is away: what needs it waits, its records wait in Kafka. The registry itself
 * says so meanwhile, in the log and in readiness.
 */
import { setTimeout } from 'node:timers/promises';

/** What is needed of a codec to read records of a schema that is new here. */
export interface SchemaLearner<Of = Buffer> {
  knows(of: Of): boolean;
  learn(of: Of): Promise<void>;
}

const learnAgainMs = 500;

export async function awaitSchema<Of>(codec: SchemaLearner<Of>, of: Of): Promise<void> {
  while (!codec.knows(of)) {
    try {
      await codec.learn(of);
    } catch {
      await setTimeout(learnAgainMs);
    }
  }
}

export async function awaitSchemas(
  codec: SchemaLearner,
  records: readonly { readonly value: Buffer | null }[],
): Promise<void> {
  for (const { value } of records) if (value !== null) await awaitSchema(codec, value);
}
