/** How an append ends that was not acknowledged. */

/** Kafka will never take this record: it is too large or not valid for its topic. */
export class RecordRefusedError extends Error {
  readonly code = 'record_refused';
  readonly retryable = false;
}

/**
 * The brokers went on saying that this client may not write to the topic. The record itself is good: whoever meets
 * this keeps it and tries again, or says so to whoever asked. A sink that waits never says it.
 */
export class TopicForbiddenError extends Error {
  readonly code = 'topic_forbidden';
  readonly retryable = false;
}

/**
 * The brokers went on saying that the topic has fewer partitions: it was made anew, or the number is wrong. The record itself is
 * good: whoever meets this keeps it and tries again, or says so to whoever asked. A sink that waits never says it.
 */
export class PartitionMissingError extends Error {
  readonly code = 'partition_missing';
  readonly retryable = false;
}

/** The sink was closed before the record was acknowledged. */
export class SinkClosedError extends Error {
  readonly code = 'sink_closed';
  readonly retryable = true;
}

/** The append was withdrawn before any of it was sent: nothing of it is in Kafka, nor will be. */
export class AppendWithdrawnError extends Error {
  readonly code = 'append_withdrawn';
  readonly retryable = true;
}
