/**
 * Is it them, or is it us? When most endpoints that worked begin to fail at once, the fault is most likely our own
 * network, and nobody is to be disabled for it. In: how each webhook did last. Out: whether disabling pauses.
 * What must hold: a client has one vote for a host, however many webhooks it has there, and no client decides alone
 * while there are others; endpoints that have not worked for a day, or were not tried just now, have no say.
 */

export interface EndpointVote {
  readonly clientId: string;
  /** With the port, when there is one. */
  readonly host: string;
  /** Unix milliseconds of the latest attempt. */
  readonly attemptedAt: number;
  readonly lastSuccessAt: number | null;
  readonly isFailing: boolean;
}

export interface GuardVerdict {
  /** Clients and hosts with a say: one for each pair. */
  readonly voters: number;
  readonly failing: number;
  readonly isPaused: boolean;
}

/** An attempt speaks for so long. One from as far ahead is of a clock that was set back since, and says nothing. */
export const voteMs = 600_000;
/** An endpoint that worked within this time may say that it is our fault that it does not now. */
export const workedMs = 86_400_000;
/** With fewer failing endpoints there is no telling. */
const failingMin = 5;

interface Tally {
  voters: number;
  failing: number;
}

/** @param votes one for each webhook */
export function guardVerdict(votes: Iterable<EndpointVote>, now: number): GuardVerdict {
  const all: Tally = { voters: 0, failing: 0 };
  let loudest: Tally = { voters: 0, failing: 0 };
  for (const hosts of webhooksByHost(votes, now).values()) {
    const client: Tally = { voters: hosts.size, failing: 0 };
    for (const webhooks of hosts.values()) if (isMost(webhooks)) client.failing += 1;
    all.voters += client.voters;
    all.failing += client.failing;
    if (client.failing > loudest.failing) loudest = client;
  }
  const othersFail = (all.failing - loudest.failing) * 2 >= all.voters - loudest.voters;
  return { ...all, isPaused: all.failing >= failingMin && isMost(all) && othersFail };
}

/** Of webhooks that have a say, by client and host. */
function webhooksByHost(votes: Iterable<EndpointVote>, now: number): Map<string, Map<string, Tally>> {
  const clients = new Map<string, Map<string, Tally>>();
  for (const { clientId, host, attemptedAt, lastSuccessAt, isFailing } of votes) {
    if (Math.abs(now - attemptedAt) > voteMs || lastSuccessAt === null || lastSuccessAt < now - workedMs) continue;
    let hosts = clients.get(clientId);
    if (hosts === undefined) clients.set(clientId, (hosts = new Map<string, Tally>()));
    let webhooks = hosts.get(host);
    if (webhooks === undefined) hosts.set(host, (webhooks = { voters: 0, failing: 0 }));
    webhooks.voters += 1;
    if (isFailing) webhooks.failing += 1;
  }
  return clients;
}

function isMost({ voters, failing }: Tally): boolean {
  return failing * 2 > voters;
}
