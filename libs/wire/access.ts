/**
 * The least that each part of this system has to be allowed on Kafka, by the names that topics and groups have on this
 * cluster. READ and WRITE of a topic let its metadata be seen too; who may write to any topic may have a producer's id.
 */
import { retryTiers } from '../domain/delivery/retry.ts';
import { allTopics, retryTopic, topicName, topics, type TopicSpec } from './topics.ts';

export type AccessOperation = 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs';

export interface Grant {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly operation: AccessOperation;
}

/** The apps; setup; `operator`: the doctor and the command line; `platform`: services that produce events. */
export const accessRoles = [
  'fanout',
  'dispatcher',
  'retry-scheduler',
  'projector',
  'management-api',
  'monitor',
  'setup',
  'operator',
  'platform',
] as const;
export type AccessRole = (typeof accessRoles)[number];

interface Needs {
  readonly reads?: readonly TopicSpec[];
  readonly writes?: readonly TopicSpec[];
  /** As a consumer group of its name. */
  readonly isMember?: boolean;
  /** It says how far everybody is: it may see that of every topic and group. */
  readonly isWatching?: boolean;
}

const tiers = retryTiers.map(({ name }) => retryTopic(name));
const { definitions, eventTypes, notices, webhookEvents, deliveries, parked, outcomes, dead } = topics;
const rejected = topics.platformEventsRejected;

/** But for platform events. */
const needs: Readonly<Record<Exclude<AccessRole, 'setup' | 'operator' | 'platform'>, Needs>> = {
  fanout: {
    // What was fanned out is read back after a start, for copies (apps/fanout/copy-reader.ts).
    // Events over HTTP come on our own topic, whatever the platform's are.
    reads: [topics.platformEvents, notices, definitions, eventTypes, webhookEvents],
    writes: [webhookEvents, deliveries, rejected],
    isMember: true,
  },
  dispatcher: {
    // The last outcomes, when partitions are taken over (apps/dispatcher/settled/settled-reader.ts).
    reads: [deliveries, parked, definitions, outcomes],
    writes: [outcomes, parked, dead, rejected, ...tiers],
    isMember: true,
  },
  'retry-scheduler': { reads: tiers, writes: [deliveries, rejected, ...tiers], isMember: true },
  projector: { reads: [webhookEvents, outcomes, rejected], isMember: true },
  'management-api': {
    // What was set aside is read when it is sent again.
    reads: [outcomes, rejected],
    writes: [topics.platformEvents, definitions, eventTypes, notices, webhookEvents, deliveries],
    isWatching: true,
  },
  monitor: { reads: [outcomes], writes: [deliveries], isMember: true },
};

/**
 * Topics as they are called on this cluster; patterns are for whoever grants.
 * @param mappedTopics what fan-out reads by mappings beside platform topics: topics of others, which we only read
 */
export function grantsOf(
  role: AccessRole,
  prefix: string,
  platformTopics: readonly string[],
  mappedTopics: readonly string[] = [],
): readonly Grant[] {
  const name = (spec: TopicSpec) => topicName(prefix, spec);
  const all = [...new Set([...allTopics.map(name), ...platformTopics])];
  const mapped = mappedTopics.filter((topic) => !all.includes(topic));
  switch (role) {
    case 'setup':
      return all.flatMap((topic) => allow('topic', topic, ['Create', 'Describe', 'DescribeConfigs']));
    case 'operator':
      return [
        ...all.flatMap((topic) => allow('topic', topic, ['Describe', 'DescribeConfigs'])),
        // The doctor compares what they hold with the database.
        ...[definitions, eventTypes].flatMap((spec) => allow('topic', name(spec), ['Read'])),
        // `map` tries a mapping on records, `rejected redrive` sends what was set aside again.
        ...allow('topic', name(rejected), ['Read']),
        ...[...new Set([name(topics.platformEvents), ...platformTopics])].flatMap((topic) =>
          allow('topic', topic, ['Read']),
        ),
        ...allow('topic', name(topics.platformEvents), ['Write']),
        ...mapped.flatMap((topic) => allow('topic', topic, ['Describe', 'Read'])),
        ...membersOf().flatMap((app) => allow('group', prefix + app, ['Describe'])),
      ];
    case 'platform':
      return platformTopics.flatMap((topic) => allow('topic', topic, ['Write']));
    default: {
      const { reads = [], writes = [], isMember = false, isWatching = false } = needs[role];
      const read = new Set([...(role === 'fanout' ? [...platformTopics, ...mapped] : []), ...reads.map(name)]);
      return [
        ...[...read].flatMap((topic) => allow('topic', topic, ['Read'])),
        ...writes.map(name).flatMap((topic) => allow('topic', topic, ['Write'])),
        ...(isMember ? allow('group', prefix + role, ['Read']) : []),
        ...(isWatching ? all.flatMap((topic) => allow('topic', topic, ['Describe'])) : []),
        ...(isWatching ? membersOf().flatMap((app) => allow('group', prefix + app, ['Describe'])) : []),
      ];
    }
  }
}

/**
 * On the platform's own cluster, where there is one: topics of others, which we only read.
 * @param prefix of our consumer groups
 */
export function platformGrantsOf(role: AccessRole, prefix: string, inputs: readonly string[]): readonly Grant[] {
  switch (role) {
    case 'fanout':
      return [
        ...inputs.flatMap((topic) => allow('topic', topic, ['Read'])),
        ...allow('group', `${prefix}fanout`, ['Read']),
      ];
    case 'operator':
      return [
        ...inputs.flatMap((topic) => allow('topic', topic, ['Describe', 'Read'])),
        ...allow('group', `${prefix}fanout`, ['Describe']),
      ];
    default:
      return [];
  }
}

function membersOf(): readonly string[] {
  return Object.entries(needs).flatMap(([app, { isMember = false }]) => (isMember ? [app] : []));
}

function allow(resource: Grant['resource'], name: string, operations: readonly AccessOperation[]): readonly Grant[] {
  return operations.map((operation) => ({ resource, name, operation }));
}
