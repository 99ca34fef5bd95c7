/** Where things are, seen from the page: all of it is relative to <base>, so that it works below any prefix. */

/** Path of the portal without its last slash: `/portal`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '');

/** The API is beside the portal: `/v1` for `/portal`, `/hooks/v1` for `/hooks/portal`. */
export const apiOrigin = new URL('..', document.baseURI).href.replace(/\/$/, '');

export interface PageConfig {
  readonly brand: { readonly name: string };
  /** Gives a new session to whoever comes there; null: there is no such place. */
  readonly refreshUrl: string | null;
  /** With `{traceId}` in it; null: traces are shown as text. */
  readonly traceUrl: string | null;
  /** Origins whose pages may show this one in a frame. */
  readonly frameAncestors: readonly string[];
  readonly version: string;
}

export const defaultConfig: PageConfig = {
  brand: { name: 'Webhooks' },
  refreshUrl: null,
  traceUrl: null,
  frameAncestors: [],
  version: '',
};

/** What the server wrote into the page; the same is below `config.json`. */
export function readPageConfig(): PageConfig {
  const written = document.querySelector<HTMLMetaElement>('meta[name="portal-config"]')?.content;
  return written === undefined ? defaultConfig : { ...defaultConfig, ...(JSON.parse(written) as Partial<PageConfig>) };
}
