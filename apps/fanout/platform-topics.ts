/** Which topics bring platform events: names and regular expressions from PLATFORM_TOPICS, never what fanout writes. */
import { ownTopics, patternIn, topicName } from '../../libs/wire/topics.ts';

/** @throws when an item cannot be used; the message says which */
export function platformTopics(items: readonly string[], prefix: string): (string | RegExp)[] {
  const own = ownTopics.map((spec) => topicName(prefix, spec));
  return items.map((item) => {
    const pattern = patternIn(item);
    if (pattern !== undefined) return exceptFor(own, pattern);
    const name = prefix + item;
    if (own.includes(name)) throw new Error(`PLATFORM_TOPICS names ${name}, a topic of this system's own`);
    return name;
  });
}

/** A pattern such as `platform\..*` would take in platform.events.rejected, and turn in circles for ever. */
function exceptFor(names: readonly string[], pattern: string): RegExp {
  const excluded = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return new RegExp(`^(?!(?:${excluded})$)(?=.*?(?:${pattern}))`);
}
