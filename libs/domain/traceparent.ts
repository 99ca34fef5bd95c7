/** W3C Trace Context, as far as it is carried along: the `traceparent` that a producer put on its event. */

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Trace Context, section 3.2.2: version, trace id, parent id, flags; neither id all zeros, no version ff. */
export function isTraceparent(text: string): boolean {
  return form.test(text);
}

/** The 32 hexadecimal digits under which every tool shows the trace. @param traceparent one that {@link isTraceparent} */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
