/** Event types in the path. Pure. */
const eventTypes = '/v1/event-types/';

/**
 * In: the target of a request. Out: the same, with the slashes of an event type encoded. Proxies decode `%2F`, or refuse it, and nothing
 * is below an event type: whatever follows is its name.
 */
export function withWholeType(url: string): string {
  if (!url.startsWith(eventTypes)) return url;
  const query = url.indexOf('?');
  const end = query < 0 ? url.length : query;
  return eventTypes + url.slice(eventTypes.length, end).replaceAll('/', '%2F') + url.slice(end);
}
