/**
 * What stays on disks of a delivery: bytes by topic, table and index, before replication. Once of events that come as fast as they can,
 * and once of fifty a second, which travel in batches of one and a few. With KAFKA_COMPRESSION and without, it tells what that saves.
 */
import { registerEndpoints } from '../endpoints.ts';
import { atMost, type Figure, type Measured } from '../measured.ts';
import type { Harness } from '../harness.ts';
import { grownBy, storedBytes } from '../stored-bytes.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const bytes = 750;
const flooded = { label: 'as fast as it goes', events: 20_000 };
const paced = { label: '50/s', events: 1_000, perSecond: 50 };
/** Less is not worth a line. */
const shownBytesMin = 10;

export const storage: Scenario = {
  name: 'storage',
  summary: `bytes of a delivery by topic, table and index: ${flooded.events} events of ${bytes} bytes, then 50 a second`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
      await harness.warmUp(targets);
      const what = { targets, bytes, isVaried: true };
      const fast = await stored(harness, flooded, (events) => harness.load.ask('flood', { ...what, events }));
      const { perSecond } = paced;
      const slow = await stored(harness, paced, (events) => harness.load.ask('pace', { ...what, events, perSecond }));
      return {
        series: [fast.measured, slow.measured],
        figures: [...fast.figures, ...slow.figures],
        notes: [`KAFKA_COMPRESSION is ${harness.system.env['KAFKA_COMPRESSION'] ?? 'not set'}; before replication`],
      };
    }),
};

async function stored(
  harness: Harness,
  { label, events }: { readonly label: string; readonly events: number },
  send: Parameters<Harness['measure']>[0]['send'],
): Promise<{ readonly measured: Measured; readonly figures: readonly Figure[] }> {
  const isKafkaEmbedded = harness.system.embedded.has('kafka');
  const before = await storedBytes(harness.catchUp, isKafkaEmbedded);
  const measured = await harness.measure({ label, events, send });
  const grown = grownBy(before, await storedBytes(harness.catchUp, isKafkaEmbedded)).map(
    ([name, all]) => [name, all / Math.max(1, measured.deliveries)] as const,
  );
  const sumOf = (isMeant: (name: string) => boolean) =>
    grown.reduce((sum, [name, each]) => sum + (isMeant(name) ? each : 0), 0);
  const figure = (name: string, value: number): Figure => ({
    name: `${label}: ${name}`,
    value,
    unit: 'bytes a delivery',
  });
  const inKafka = sumOf((name) => name.startsWith('topic'));
  return {
    measured,
    figures: [
      atMost(
        3_200,
        `${label}: together`,
        sumOf(() => true),
        'bytes a delivery',
      ),
      figure('Kafka', inKafka),
      figure('PostgreSQL', sumOf(() => true) - inKafka),
      ...grown.filter(([, each]) => each >= shownBytesMin).map(([name, each]) => figure(name, each)),
    ],
  };
}
