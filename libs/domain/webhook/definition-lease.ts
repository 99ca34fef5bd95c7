/**
 * How a change of a webhook comes before every event that is published after its answer. Fan-out decides on an event with tables
 * that held, at most {@link definitionLeaseMs} before it had the event, all that Kafka had of definitions. The API answers so long after
 * Kafka has the definition. Both are lengths of time, each on one clock: no two clocks have to agree.
 */
export const definitionLeaseMs = 50;

/** How long the API waits once Kafka has a definition: a timer may be early by what a clock counts in. */
export const definitionSettledMs = definitionLeaseMs + 5;
