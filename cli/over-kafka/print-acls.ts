import { connectionKeys, mappingKeys, topicKeys } from '../../libs/runtime/config-keys.ts';
import { readConfig, type ConfigOf } from '../../libs/runtime/config.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import { accessRoles, grantsOf, platformGrantsOf, type AccessRole, type Grant } from '../../libs/wire/access.ts';
import { topics } from '../../libs/wire/topics.ts';
import type { CommandContext } from '../command.ts';
import { mappingsIn } from '../event-reading.ts';
import { CliFailure } from '../failure.ts';

const { KAFKA_BROKERS, TOPIC_PREFIX } = connectionKeys;
const { PLATFORM_KAFKA_BROKERS } = platformKafkaKeys;
const { PLATFORM_TOPICS } = topicKeys;
const keys = { KAFKA_BROKERS, PLATFORM_KAFKA_BROKERS, TOPIC_PREFIX, PLATFORM_TOPICS, ...mappingKeys } as const;

/** What one cluster has to grant. */
interface ClusterGrants {
  readonly brokers: readonly string[];
  of(role: AccessRole): readonly Grant[];
  /** Patterns, which nobody can grant. */
  readonly read: readonly string[];
  readonly produced: readonly string[];
}

export function printAcls({ operands, given, settings, terminal }: CommandContext): void {
  const config = readConfig(keys, settings.env);
  const mapped = [...new Set(mappingsIn(config.PLATFORM_MAPPINGS ?? '').map(({ topic }) => topic))];
  const pattern = given.text('principal') ?? 'User:webhooks-{role}';
  const granted = clustersOf(config, mapped).flatMap((cluster) =>
    rolesOf(operands)
      .map((role) => ({
        cluster,
        acl: { role, principal: pattern.replaceAll('{role}', role), grants: cluster.of(role) },
      }))
      .filter(({ acl }) => acl.grants.length > 0),
  );
  const acls = granted.map(({ cluster, acl }) => ({ ...acl, brokers: cluster.brokers }));
  terminal.show({ acls }, () =>
    granted.flatMap(({ cluster, acl: { role, principal, grants } }) => {
      const start = `kafka-acls.sh --bootstrap-server ${cluster.brokers.join(',')} --command-config ${given.text('command-config') ?? 'admin.properties'} --add`;
      return [
        `# ${role}`,
        ...commandsOf(grants).map((rest) => `${start} --allow-principal ${quotedWord(principal)} ${rest}`),
        ...(role === 'fanout' ? cluster.read : role === 'platform' ? cluster.produced : []).map(
          (item) => `# and ${role === 'fanout' ? 'Read' : 'Write'} on the topics that ${item} is to match`,
        ),
      ];
    }),
  );
}

function clustersOf(config: ConfigOf<typeof keys>, mapped: readonly string[]): readonly ClusterGrants[] {
  const { KAFKA_BROKERS: own, PLATFORM_KAFKA_BROKERS: platform, TOPIC_PREFIX: prefix } = config;
  const isPattern = (item: string) => item.startsWith('/');
  const named = (items: readonly string[], before: string) =>
    items.filter((item) => !isPattern(item)).map((item) => before + item);
  const read = [...new Set([...config.PLATFORM_TOPICS, ...mapped])];
  if (platform === null) {
    const topicsOf = named(config.PLATFORM_TOPICS, prefix);
    return [
      {
        brokers: own,
        of: (role) => grantsOf(role, prefix, topicsOf, named(mapped, prefix)),
        read: read.filter(isPattern),
        produced: config.PLATFORM_TOPICS.filter(isPattern),
      },
    ];
  }
  const ownInput = prefix + topics.platformEvents.name;
  return [
    { brokers: own, of: (role) => grantsOf(role, prefix, [ownInput]), read: [], produced: [] },
    {
      brokers: platform,
      of: (role) => platformGrantsOf(role, prefix, named(read, '')),
      read: read.filter(isPattern),
      produced: [],
    },
  ];
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
