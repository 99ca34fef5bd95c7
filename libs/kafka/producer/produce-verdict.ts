/**
 * What an answer to a produce request means for the batch of one partition.
 * Source: Kafka protocol, error codes; storage/ProducerAppendInfo of Apache Kafka for those about sequence numbers.
 */

export type ProduceVerdict =
  /** It is in the log, on all in-sync replicas. */
  | 'acknowledged'
  /** The same batch again, under the same numbers. */
  | 'again'
  /** The same, after a look at who leads the partition. */
  | 'elsewhere'
  /** It is larger than the topic takes. */
  | 'too-large'
  /** One of its records is none that the topic takes. */
  | 'invalid'
  | 'forbidden'
  /** The broker has other numbers of this producer than the batch continues. */
  | 'out-of-order'
  /** The broker knows a later epoch of this producer, or does not know the producer. */
  | 'unknown-producer'
  /** The time that its records carry is too far from the broker's. */
  | 'wrong-time';

/** A producer is unknown (59) once all of its records were deleted: its numbers are gone with them. */
const verdicts: Readonly<Record<number, readonly [name: string, verdict: ProduceVerdict]>> = {
  0: ['NONE', 'acknowledged'],
  46: ['DUPLICATE_SEQUENCE_NUMBER', 'acknowledged'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'elsewhere'],
  5: ['LEADER_NOT_AVAILABLE', 'elsewhere'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'elsewhere'],
  7: ['REQUEST_TIMED_OUT', 'again'],
  9: ['REPLICA_NOT_AVAILABLE', 'elsewhere'],
  13: ['NETWORK_EXCEPTION', 'again'],
  19: ['NOT_ENOUGH_REPLICAS', 'again'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'again'],
  56: ['KAFKA_STORAGE_ERROR', 'elsewhere'],
  74: ['FENCED_LEADER_EPOCH', 'elsewhere'],
  10: ['MESSAGE_TOO_LARGE', 'too-large'],
  18: ['RECORD_LIST_TOO_LARGE', 'too-large'],
  17: ['INVALID_TOPIC_EXCEPTION', 'invalid'],
  43: ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'invalid'],
  44: ['POLICY_VIOLATION', 'invalid'],
  87: ['INVALID_RECORD', 'invalid'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'forbidden'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'forbidden'],
  32: ['INVALID_TIMESTAMP', 'wrong-time'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'out-of-order'],
  59: ['UNKNOWN_PRODUCER_ID', 'out-of-order'],
  47: ['INVALID_PRODUCER_EPOCH', 'unknown-producer'],
  90: ['PRODUCER_FENCED', 'unknown-producer'],
  75: ['UNKNOWN_LEADER_EPOCH', 'elsewhere'],
};

/** An error that is not known here is tried again: a record is not given up for one. */
export function verdictOf(errorCode: number): ProduceVerdict {
  return verdicts[errorCode]?.[1] ?? 'again';
}

export function errorNameOf(errorCode: number): string {
  return verdicts[errorCode]?.[0] ?? `error ${errorCode}`;
}

/** Of a topic: the broker that was asked knows none of that name. */
export function isUnknownTopic(errorCode: number): boolean {
  return errorCode === 3;
}

/** Of these, the broker has certainly not appended the batch in this try. */
export function isRefusal(verdict: ProduceVerdict): boolean {
  return (
    verdict === 'too-large' ||
    verdict === 'invalid' ||
    verdict === 'forbidden' ||
    verdict === 'wrong-time' ||
    verdict === 'out-of-order' ||
    verdict === 'unknown-producer'
  );
}
