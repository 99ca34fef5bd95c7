/** Why a cluster cannot be asked, and the way out. Pure: what the client said and what its addresses are come in. */
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';
import type { SocketReading } from './sockets.ts';

export interface KafkaAttempt {
  /** What the client said, in one sentence. */
  readonly said: string;
  readonly isTls: boolean;
  readonly isLogin: boolean;
  readonly sockets: readonly SocketReading[];
  /** Before the names of the keys: KAFKA_ or PLATFORM_KAFKA_ */
  readonly prefix: string;
}

export function judgeKafkaTrouble(attempt: KafkaAttempt): Finding {
  const [says, remedy] = causeOf(attempt);
  return trouble('kafka', 'error', says, remedy);
}

type Cause = readonly [says: string, remedy: string];

function causeOf(attempt: KafkaAttempt): Cause {
  const open = attempt.sockets.filter(({ connection }) => connection === 'open');
  if (open.length === 0) return closed(attempt);
  return wrongTls(attempt, open) ?? refused(attempt) ?? silent(attempt, open) ?? other(attempt);
}

function closed({ sockets, prefix }: KafkaAttempt): Cause {
  const places = (wanted: SocketReading['connection']) =>
    sockets.filter(({ connection }) => connection === wanted).map(({ address }) => address);
  const told = [
    ['connection refused', places('refused')],
    ['unknown host', places('unknown host')],
    [`no answer`, places('no answer')],
  ] as const;
  const words = told.flatMap(([what, addresses]) =>
    addresses.length === 0 ? [] : `${addresses.join(', ')} (${what})`,
  );
  return [`no broker can be reached: ${words.join(', ')}`, `start the brokers, or correct ${prefix}BROKERS`];
}

function wrongTls({ isTls, prefix }: KafkaAttempt, open: readonly SocketReading[]): Cause | null {
  const wrong = open.filter(({ speaksTls }) => speaksTls === !isTls).map(({ address }) => address);
  if (wrong.length < open.length) return null;
  const places = wrong.join(', ');
  return isTls
    ? [
        `${prefix}TLS is true, but ${places} does not speak TLS`,
        `set ${prefix}TLS=false, or name the TLS listener in ${prefix}BROKERS`,
      ]
    : [
        `${prefix}TLS is false, but ${places} speaks TLS`,
        `set ${prefix}TLS=true (and ${prefix}TLS_CA if the authority is your own), or name a listener without TLS in ${prefix}BROKERS`,
      ];
}

/** By the words of the client: it knows best once the connection is there. */
function refused({ said, isTls, prefix }: KafkaAttempt): Cause | null {
  if (/no token from/i.test(said)) return [`no token for the login: ${said}`, `correct ${prefix}OAUTH_*`];
  if (/sasl|authenticat|credentials/i.test(said)) {
    const remedy = `correct ${prefix}SASL_MECHANISM and the login that belongs to it (${prefix}SASL_USERNAME, ${prefix}SASL_PASSWORD)`;
    return [`the brokers refuse the login: ${said}`, remedy];
  }
  if (/not authorized|authorization/i.test(said)) return [`the user lacks rights: ${said}`, rights];
  if (isTls && /self.signed|issuer|verify|altname|expired/i.test(said)) {
    return [
      `the certificate of the brokers is not trusted: ${said}`,
      `give ${prefix}TLS_CA the authority that signed it`,
    ];
  }
  if (isTls && /certificate|alert/i.test(said)) {
    return [`the brokers refuse this client's certificate: ${said}`, `correct ${prefix}TLS_CERT and ${prefix}TLS_KEY`];
  }
  return null;
}

/** What a user needs, as commands. */
export const rights = 'npx deeperhub-webhooks acls prints the commands that grant them';

function silent({ isTls, prefix }: KafkaAttempt, open: readonly SocketReading[]): Cause | null {
  if (open.some(({ speaksTls }) => speaksTls !== null)) return null;
  const places = open.map(({ address }) => address).join(', ');
  return [
    `${places} takes connections and answers nothing`,
    `look at the process and the log of the broker, it hangs; or correct ${prefix}BROKERS${isTls ? '' : ' if that is no broker'}`,
  ];
}

function other({ said, isTls, isLogin, prefix }: KafkaAttempt): Cause {
  if (isTls || isLogin || !/clos|reset|disconnect|timed out/i.test(said)) {
    return [`the brokers cannot be asked: ${said}`, `look at ${prefix}BROKERS and the log of the brokers`];
  }
  const remedy = `set ${prefix}SASL_MECHANISM with its login if the listener asks for one; else look at the log of the broker`;
  return [`the brokers end the connection of a client without a login: ${said}`, remedy];
}
