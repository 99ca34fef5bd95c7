import { connectionKeys, mappingKeys, topicKeys } from '../../libs/runtime/config-keys.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { accessRoles, grantsOf, type AccessRole, type Grant } from '../../libs/wire/access.ts';
import type { CommandContext } from '../command.ts';
import { mappingsIn } from '../event-reading.ts';
import { CliFailure } from '../failure.ts';

const { KAFKA_BROKERS, TOPIC_PREFIX } = connectionKeys;
const keys = { KAFKA_BROKERS, TOPIC_PREFIX, PLATFORM_TOPICS: topicKeys.PLATFORM_TOPICS, ...mappingKeys } as const;

export function printAcls({ operands, given, settings, terminal }: CommandContext): void {
  const config = readConfig(keys, settings.env);
  const isPattern = (item: string) => item.startsWith('/');
  const named = (items: readonly string[]) =>
    items.filter((item) => !isPattern(item)).map((item) => config.TOPIC_PREFIX + item);
  const platformTopics = named(config.PLATFORM_TOPICS);
  const mapped = [...new Set(mappingsIn(config.PLATFORM_MAPPINGS ?? '').map(({ topic }) => topic))];
  const pattern = given.text('principal') ?? 'User:webhooks-{role}';
  const granted = rolesOf(operands).map((role) => ({
    role,
    principal: pattern.replaceAll('{role}', role),
    grants: grantsOf(role, config.TOPIC_PREFIX, platformTopics, named(mapped)),
  }));
  terminal.show({ acls: granted }, () => {
    const start = `kafka-acls.sh --bootstrap-server ${config.KAFKA_BROKERS.join(',')} --command-config ${given.text('command-config') ?? 'admin.properties'} --add`;
    const produced = config.PLATFORM_TOPICS.filter(isPattern);
    const read = [...new Set([...produced, ...mapped.filter(isPattern)])];
    return granted.flatMap(({ role, principal, grants }) => [
      `# ${role}`,
      ...commandsOf(grants).map((rest) => `${start} --allow-principal ${quotedWord(principal)} ${rest}`),
      ...(role === 'fanout' ? read : role === 'platform' ? produced : []).map(
        (item) => `# and ${role === 'fanout' ? 'Read' : 'Write'} on the topics that ${item} is to match`,
      ),
    ]);
  });
}

function rolesOf(words: readonly string[]): readonly AccessRole[] {
  if (words.length === 0) return accessRoles;
  return words.map((word) => {
    const role = accessRoles.find((known) => known === word);
    if (role === undefined)
      throw new CliFailure('usage', `There is no role '${word}': there are ${accessRoles.join(', ')}.`);
    return role;
  });
}

/** One for all names that are allowed the same. */
function commandsOf(grants: readonly Grant[]): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { resource, name, operation } of grants) {
    const key = `${resource} ${operation}`;
    const others = names.get(key);
    if (others === undefined) names.set(key, [name]);
    else others.push(name);
  }
  return [...names].map(([key, ofKey]) => {
    const [resource = '', operation = ''] = key.split(' ');
    return `--operation ${operation} ${ofKey.map((name) => `--${resource} ${name}`).join(' ')}`;
  });
}

function quotedWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
