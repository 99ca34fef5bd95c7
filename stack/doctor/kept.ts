/** What is kept twice, on Kafka and in the database, and does not agree. Pure. */
import type { PositionMove } from '../../libs/kafka/consumer/position-check.ts';
import type { TopicComparison } from '../definitions-comparison.ts';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';

const namedMax = 3;

/** @param moves of the positions that the app keeps in the database */
export function judgePositions(app: string, moves: readonly PositionMove[]): readonly Finding[] {
  const impossible = moves.filter(({ reason }) => reason !== 'adopted');
  const [first] = impossible;
  if (first === undefined) return [];
  const { topic, partition, from, reason } = first;
  const says = `${impossible.length} positions of ${app} do not exist in the present logs, such as ${from} in ${topic}-${partition} (${reason})`;
  const remedy = `restart ${app}: it continues at a possible position, says so, and loses nothing; "Kafka was lost" in docs/operations.md`;
  return [trouble('lag', 'error', says, remedy)];
}

/** @param waiting rows of the outbox, which may be what makes the difference */
export function judgeDefinitions(comparisons: readonly TopicComparison[], waiting: number): readonly Finding[] {
  return comparisons.map(({ topic, same, ...rest }) => {
    const parts = (['missing', 'different', 'ghosts'] as const).flatMap((what) => told(what, rest[what]));
    if (parts.length === 0) return ok('definitions', `${topic} says what the database says, ${same.length} times`);
    const says = `${topic} differs from the database: ${parts.join('; ')}`;
    return waiting > 0
      ? trouble(
          'definitions',
          'notice',
          says,
          `${waiting} changes are in the outbox: look again when they have been published`,
        )
      : trouble('definitions', 'error', says, 'npm run republish-definitions writes it again');
  });
}

function told(what: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const named = keys.slice(0, namedMax).join(', ');
  return [`${keys.length} ${what} (${named}${keys.length > namedMax ? ', …' : ''})`];
}
