/** From what was measured of a system to what it means, for the doctor and for the API. Pure: bounds and words are here. */
import { ok, trouble, type Finding } from './finding.ts';

const lagToWarn = 10_000;
const lagToFail = 500_000;

export interface GroupState {
  /** Where it is not the system's own cluster. */
  readonly where?: string;
  readonly app: string;
  /** Processes that are members of its group. */
  readonly members: number;
  /** Records behind, over all partitions of what it reads. */
  readonly lag: number;
  /** WEBHOOKS_ENABLED is false. */
  readonly isSwitchedOff?: boolean;
}

export function judgeGroup({ app, where, members, lag, isSwitchedOff = false }: GroupState): Finding {
  if (isSwitchedOff) return judgeSwitchedOff(members, lag);
  const there = where === undefined ? '' : ` ${where}`;
  if (members === 0) {
    return trouble(
      'lag',
      'error',
      `no ${app} is consuming${there}; ${lag} records wait`,
      `start one, or see why it is not ready`,
    );
  }
  const says = `${app}${there}: ${members} consuming, ${lag} records behind`;
  if (lag < lagToWarn) return ok('lag', says);
  const remedy = `if it does not shrink, start more ${app} processes, up to the number of partitions`;
  return trouble('lag', lag < lagToFail ? 'warning' : 'error', says, remedy);
}

/** It reads the platform's own cluster too, which who asks does not. */
export function judgeUnseen(app: string): Finding {
  const says = `${app}: its lag on the platform's cluster (PLATFORM_KAFKA_BROKERS) is not measured here`;
  return trouble('lag', 'notice', says, 'the doctor asks that cluster, and so does Prometheus');
}

function judgeSwitchedOff(members: number, lag: number): Finding {
  if (members > 0) {
    const says = `dispatcher: ${members} consuming, although WEBHOOKS_ENABLED is false here`;
    return trouble(
      'lag',
      'warning',
      says,
      'restart the dispatchers with it if deliveries are to wait, or remove it here',
    );
  }
  const says = `WEBHOOKS_ENABLED is false: ${lag} deliveries wait in Kafka, and none is lost`;
  const remedy =
    'set it to true and restart the dispatchers to send them; those older than DELIVERY_MAX_AGE_HOURS are given up';
  return trouble('lag', 'notice', says, remedy);
}

/** Each runs every hour. */
const sweepMsMax = 3 * 3_600_000;

/** Sweeps of housekeeping that have not been all done for long. */
export function judgeSweeps(sweeps: readonly { readonly name: string; readonly ageMs: number }[]): readonly Finding[] {
  const late = sweeps.filter(({ ageMs }) => ageMs > sweepMsMax);
  if (late.length === 0) return [];
  const ages = late.map(({ name, ageMs }) => `${name} ${(ageMs / 3_600_000).toFixed(1)} h ago`);
  const says = `housekeeping was last completed: ${ages.join(', ')}`;
  return [trouble('database', 'warning', says, 'start a monitor, or see in its log why it fails')];
}

export interface IndexState {
  readonly missing: readonly string[];
  readonly invalid: readonly string[];
  /** Somebody may be making them. */
  readonly isUnderWay: boolean;
}

/** Without them what reads a large table takes longer and longer, until it is cut off. */
export function judgeIndexes({ missing, invalid, isUnderWay }: IndexState): readonly Finding[] {
  if (missing.length + invalid.length === 0) return [];
  const parts = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(invalid.length === 0 ? [] : [`half made: ${invalid.join(', ')}`]),
  ];
  const says = `indexes ${parts.join('; ')}`;
  if (isUnderWay) {
    const remedy = 'setup is running and may be making them: its log says how far it is';
    return [trouble('database', 'notice', says, remedy)];
  }
  return [trouble('database', 'warning', says, 'npm run setup creates them while the apps run')];
}

const daysAheadMin = 3;

/** @param daysAhead days after today for which the history has partitions */
export function judgeDaysAhead(daysAhead: number): readonly Finding[] {
  if (daysAhead >= daysAheadMin) return [];
  const says = `the history has partitions for only ${daysAhead} days ahead`;
  return [trouble('database', 'warning', says, 'the log of the monitor says why housekeeping does not make them')];
}

const outboxAgeMsMax = 60_000;

/** @param ageMs of the oldest change that waits; null: none waits */
export function judgeOutbox(ageMs: number | null): readonly Finding[] {
  if (ageMs === null || ageMs <= outboxAgeMsMax) return [];
  const says = `changes have been in the outbox for ${Math.round(ageMs / 1_000)} s`;
  return [trouble('database', 'error', says, 'ask /health/ready of management-api: its relay publishes them')];
}
