/** What a broker is started with that has a listener for each way in, and an authorizer behind them. */
import kafkajs from 'kafkajs';
import type { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import type { AccessOperation, Grant } from '../../../libs/wire/access.ts';
import type { CertificateAuthority } from '../../support/receivers/certificates.ts';

export type LockedPorts = Readonly<Record<'plain' | 'mtls' | 'scram' | 'oauth' | 'controller', number>>;

/** As a file of properties holds it. */
const pem = (text: string) => text.trim().replaceAll('\n', '\\n');
const jaas = (module: string) => `org.apache.kafka.common.security.${module} required;`;

/** Whoever comes by the plain listener may do everything. */
export function lockedSettings(
  authority: CertificateAuthority,
  { controller, ...ports }: LockedPorts,
): Record<string, string> {
  const { cert, key } = authority.issue();
  const listeners = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}://127.0.0.1:${port}`);
  return {
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,MTLS:SSL,SCRAM:SASL_SSL,OAUTH:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': pem(cert),
    'ssl.keystore.key': pem(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': pem(authority.cert),
    'listener.name.mtls.ssl.client.auth': 'required',
    'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.scram.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
    'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.oauth.oauthbearer.sasl.jaas.config': jaas('oauthbearer.OAuthBearerLoginModule'),
    // A session ends with its token; kafkajs begins the next one ten seconds before.
    'listener.name.oauth.oauthbearer.connections.max.reauth.ms': '12000',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  };
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const operations: Readonly<Record<AccessOperation, (typeof AclOperationTypes)[keyof typeof AclOperationTypes]>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** These, and nothing else. */
export async function allow(client: KafkaClient, principal: string, grants: readonly Grant[]): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await admin.createAcls({
    acl: grants.map(({ resource, name, operation }) => ({
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal,
      host: '*',
      operation: operations[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.disconnect();
}
