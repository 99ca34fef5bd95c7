/** What Firefox 120 and Safari 17.5 do not have yet: where it is there, it is used. */

/** As `AbortSignal.any`. */
export function anySignal(signals: AbortSignal[]): AbortSignal {
  const { any } = AbortSignal as { readonly any?: (signals: AbortSignal[]) => AbortSignal };
  if (any !== undefined) return any.call(AbortSignal, signals);
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = () => {
      controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    // Whichever is first, none of them keeps it afterwards.
    else signal.addEventListener('abort', abort, { once: true, signal: controller.signal });
  }
  return controller.signal;
}

/** As `URL.parse`. */
export function parsedUrl(text: string, base?: string): URL | null {
  return URL.canParse(text, base) ? new URL(text, base) : null;
}
