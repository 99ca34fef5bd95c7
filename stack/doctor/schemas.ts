/** The schema registry: each subject has our schema, as its newest version, with the promise that old readers can read on. */
import { inspectSubject, type SubjectInspection } from '../../libs/wire/registry-inspection.ts';
import type { RegistryConfig } from '../../libs/wire/registry.ts';
import { allTopics, type TopicSpec } from '../../libs/wire/topics.ts';
import { ok, trouble, type Finding } from './finding.ts';

/** @throws when the registry does not answer */
export async function examineSchemas(config: RegistryConfig): Promise<readonly Finding[]> {
  const withSchema = allTopics.filter((topic): topic is TopicSpec & { schema: string } => topic.schema !== null);
  const inspected = await Promise.all(withSchema.map((topic) => inspectSubject(config, topic)));
  const findings = inspected.flatMap(judge);
  return findings.length === 0
    ? [ok('schemas', `${inspected.length} schemas are registered and equal to ours`)]
    : findings;
}

function judge({ subject, standing, compatibility }: SubjectInspection): readonly Finding[] {
  switch (standing.kind) {
    case 'missing':
      return [trouble('schemas', 'error', `${subject} does not have our schema`, 'npm run setup registers it')];
    case 'older': {
      const says = `${subject} has version ${standing.latest}, which is newer than ours`;
      return [
        trouble(
          'schemas',
          'notice',
          says,
          'well while a newer release is being rolled out; else find who registered it',
        ),
      ];
    }
    case 'current': {
      if (compatibility === null || compatibility === 'BACKWARD_TRANSITIVE') return [];
      const remedy = 'set it to BACKWARD_TRANSITIVE: without it a schema can come that old records cannot be read with';
      return [trouble('schemas', 'warning', `${subject} has compatibility ${compatibility}`, remedy)];
    }
  }
}
