/** `npm start`: the whole system on this machine, with a demonstration, until Ctrl-C. */
import { demonstrate, type Demonstration } from '../demo.ts';
import { Stopped, sentenceOf } from '../failure.ts';
import { adminApi, apiUrl } from '../local-access.ts';
import { runLocalStack, type LocalStack } from '../local-stack.ts';
import { portalLink } from '../portal-link.ts';
import { runVerb, untilAborted } from '../run-verb.ts';
import { adminKeyFile } from '../secrets.ts';
import { isSaid, partVariables } from '../environment.ts';
import { setupConfig } from '../setup-config.ts';
import { say, warn } from '../terminal.ts';
import { describeConfig } from '../../libs/runtime/config.ts';

const verb = {
  name: 'start',
  summary:
    'Starts Kafka, the schema registry, PostgreSQL and the six apps, shows that they work, and stays until Ctrl-C.',
  flags: { '--no-demo': 'leaves the demonstration out' },
  notes: [
    `KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL each replace the embedded part; every key of
docs/reference.md may be set in the environment. Data and logs are in .data/, downloads in .cache/.`,
  ],
};

await runVerb(verb, ({ flags, signal }) =>
  runLocalStack(signal, async (stack) => {
    const shown = flags.has('--no-demo') ? null : await tryDemonstration(stack, signal);
    showAddresses(stack, shown, await tryPortalLink(stack, shown));
    await untilAborted(signal);
    await shown?.receiver.close();
  }),
);

/** What does not work is told; the system stays up for a look at it. */
async function tryDemonstration({ env }: LocalStack, signal: AbortSignal): Promise<Demonstration | null> {
  const admin = adminApi(env);
  if (admin === null) {
    warn('ADMIN_API_KEY is empty: the demonstration is left out');
    return null;
  }
  if (!isSaid(env, 'EGRESS_ALLOW')) {
    warn(
      'Deliveries to this machine are not open: the demonstration is left out (EGRESS_ALLOW=127.0.0.0/8 ALLOWED_URL_SCHEMES=https,http ALLOWED_PORTS=* would open them)',
    );
    return null;
  }
  try {
    return await demonstrate(env, admin, signal);
  } catch (error) {
    if (error instanceof Stopped) throw error;
    warn(`The demonstration failed: ${sentenceOf(error)}`);
    return null;
  }
}

/** Null: there is nobody whose portal could be shown, or no portal. */
async function tryPortalLink({ env }: LocalStack, shown: Demonstration | null): Promise<string | null> {
  const admin = adminApi(env);
  if (admin === null || shown === null) return null;
  try {
    return await portalLink(env, admin, shown.clientId);
  } catch (error) {
    warn(`No link to the portal: ${sentenceOf(error)}`);
    return null;
  }
}

function showAddresses({ env }: LocalStack, demonstration: Demonstration | null, portal: string | null): void {
  // The login of the embedded database is no secret; whatever the environment says may be one.
  const shown = describeConfig(setupConfig, env);
  say(`
Ready. Ctrl-C stops everything.
  API         ${apiUrl}/v1  (OpenAPI: ${apiUrl}/openapi.json)
  admin key   ${isSaid(process.env, 'ADMIN_API_KEY') ? 'ADMIN_API_KEY of the environment' : adminKeyFile}
  Kafka       ${shown['KAFKA_BROKERS'] ?? ''}
  registry    ${shown['SCHEMA_REGISTRY_URL'] ?? ''}
  PostgreSQL  ${isSaid(process.env, partVariables.postgres) ? shown['DATABASE_URL'] : env[partVariables.postgres]}
  apps        http://127.0.0.1:3000 to 3005, each with /health/ready and /metrics; logs in .data/logs${demonstration === null ? '' : `\n  receiver    ${demonstration.receiver.url}  (shows what it gets here)`}${portal === null ? '' : `\n  portal      ${portal}`}
`);
}
