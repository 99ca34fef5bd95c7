/**
 * Extension of a webhook (OpenAPI) or message (AsyncAPI): the member of the body that is the event's `data`. Without it the whole body is, as others
 * send it. What was published here can be imported again by it.
 */
export const dataMemberExtension = 'x-event-data';
