/**
 * What kafkajs says, in our log. Its errors are mostly a connection that will be tried again: a warning of ours, and
 * not the same one a hundred times while Kafka is away.
 */
import { logLevel, type LogEntry } from 'kafkajs';
import type { Logger } from '../../runtime/logger.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';

/** The same message is said once in this time. */
const repeatAfterMs = 10_000;
const messagesKept = 100;

/**
 * Said of every idempotent producer that may be given up, which is what we want; of every answer that is an error,
 * which whoever asked deals with, a rebalance among them; of connections that we cut ourselves; and once more of those
 * that failed.
 */
const unwanted =
  /^Limiting retries for the idempotent producer|^Response |this client was closed|^Failed to connect to seed broker/;

export function kafkajsLog(logger: Logger, now: () => number = monotonicMs): (entry: LogEntry) => void {
  const saidAt = new Map<string, number>();
  return ({ level, namespace, log }) => {
    if (level !== logLevel.ERROR && level !== logLevel.WARN) return;
    const { message } = log;
    if (unwanted.test(message)) return;
    const last = saidAt.get(message);
    if (last !== undefined && now() - last < repeatAfterMs) return;
    if (saidAt.size >= messagesKept) saidAt.clear();
    saidAt.set(message, now());
    logger.warn({ kafkajs: namespace, ...detailsOf(log) }, message);
  };
}

function detailsOf(log: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  for (const name of ['broker', 'error', 'groupId', 'topic', 'retryCount']) {
    if (log[name] !== undefined) details[name] = log[name];
  }
  return details;
}
