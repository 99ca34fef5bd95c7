import { accessRoles } from '../../libs/wire/access.ts';
import type { Command } from '../command.ts';

export const acls: Command = {
  name: 'acls',
  summary: 'Prints the least ACLs that each app needs on Kafka, as commands of Kafka’s own kafka-acls.sh.',
  operands: '[<role>…]',
  operandsMin: 0,
  operandsMax: accessRoles.length,
  options: {
    principal: {
      takes: 'PATTERN',
      text: 'the principal, with {role} for the name of the role (default User:webhooks-{role})',
    },
    'command-config': { takes: 'FILE', text: 'properties with which kafka-acls.sh logs in (default admin.properties)' },
  },
  notes: [
    `Roles: ${accessRoles.join(', ')}. The operator runs the doctor and this command line; the platform produces events.`,
    'Connects to nothing: KAFKA_BROKERS, PLATFORM_KAFKA_BROKERS, TOPIC_PREFIX, PLATFORM_TOPICS and PLATFORM_MAPPINGS of the environment apply as for the apps. A pattern that stands for topics is named in a comment: you decide which topics it matches.',
  ],
  examples: ['acls > acls.sh', "acls fanout --principal 'User:CN={role}' --json"],
  needsApi: false,
  run: async (context) => {
    (await import('../over-kafka/print-acls.ts')).printAcls(context);
  },
};
