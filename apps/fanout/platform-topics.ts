/**
 * Which topics bring platform events: names and regular expressions from PLATFORM_TOPICS and the mappings, never what fanout
 * writes; and on which cluster each is read.
 */
import { ownTopics, patternIn, topicName, topics } from '../../libs/wire/topics.ts';

type TopicList = readonly (string | RegExp)[];

export interface InputTopics {
  /** On the system's own cluster. */
  readonly own: TopicList;
  /** On the platform's; empty when it is the same. */
  readonly platform: TopicList;
}

/**
 * `platform.events` of our cluster is read whatever is named: POST /v1/events and redriven events are written there. Where the
 * platform has a cluster of its own its topics are there, under the names that they have.
 * @throws when an item cannot be used; the message says which
 */
export function inputTopics(items: readonly string[], prefix: string, hasOwnCluster: boolean): InputTopics {
  const own = topicName(prefix, topics.platformEvents);
  if (hasOwnCluster) return { own: [own], platform: platformTopics(items, '', [own]) };
  const others = items.filter((item) => prefix + item !== own);
  return { own: [own, ...platformTopics(others, prefix, [own])], platform: [] };
}

/** @param taken names that are read elsewhere: no item is one of them, no pattern takes one in, as with what fanout writes */
export function platformTopics(
  items: readonly string[],
  prefix: string,
  taken: readonly string[] = [],
): (string | RegExp)[] {
  const own = [...ownTopics.map((spec) => topicName(prefix, spec)), ...taken];
  return items.map((item) => {
    const pattern = patternIn(item);
    if (pattern !== undefined) return exceptFor(own, pattern);
    const name = prefix + item;
    if (own.includes(name)) throw new Error(`PLATFORM_TOPICS or a mapping names ${name}, a topic of this system's own`);
    return name;
  });
}

/** A pattern such as `platform\..*` would take in platform.events.rejected, and turn in circles for ever. */
function exceptFor(names: readonly string[], pattern: string): RegExp {
  const excluded = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return new RegExp(`^(?!(?:${excluded})$)(?=.*?(?:${pattern}))`);
}
