/** The schema registry: each subject has our schema, as its newest version, with the promise that old readers can read on. */
import { inspectSubject, type SubjectInspection } from '../../libs/wire/registry-inspection.ts';
import type { RegistryConfig } from '../../libs/wire/registry.ts';
import { allTopics, type TopicSpec } from '../../libs/wire/topics.ts';
import { judgeRegistryTrouble } from './registry-trouble.ts';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';

export async function examineSchemas(config: RegistryConfig): Promise<readonly Finding[]> {
  const withSchema = allTopics.filter((topic): topic is TopicSpec & { schema: string } => topic.schema !== null);
  let inspected: readonly SubjectInspection[];
  try {
    inspected = await Promise.all(withSchema.map((topic) => inspectSubject(config, topic)));
  } catch (error) {
    return [judgeRegistryTrouble(error, config.url)];
  }
  const missing = inspected.filter(({ standing }) => standing.kind === 'missing').map(({ subject }) => subject);
  const findings = inspected.flatMap(judge);
  if (missing.length > 0) {
    findings.unshift(trouble('schemas', 'error', `missing: ${missing.join(', ')}`, 'npm run setup registers them'));
  }
  return findings.length === 0
    ? [ok('schemas', `${inspected.length} schemas are registered and equal to ours`)]
    : findings;
}

function judge({ subject, standing, compatibility }: SubjectInspection): readonly Finding[] {
  switch (standing.kind) {
    case 'missing':
      return []; // told together
    case 'unregistered': {
      const says = `${subject} has other schemas (version ${standing.latest}), but not ours`;
      if (standing.isCompatible !== false) return [trouble('schemas', 'error', says, 'npm run setup registers it')];
      const remedy =
        'setup will fail too: find who registered that version, and delete it in the registry if nothing was written with it';
      return [trouble('schemas', 'error', `${says}, and ours is not compatible with them`, remedy)];
    }
    case 'older': {
      const says = `${subject} has version ${standing.latest}, which is newer than ours`;
      return [
        trouble(
          'schemas',
          'notice',
          says,
          'fine while a newer release is being rolled out; otherwise find out who registered it',
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
