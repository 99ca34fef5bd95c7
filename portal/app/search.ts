/** The query of an address as plain texts: nothing in it is JSON, so that every address can be read and written by hand. */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

export type Search = Readonly<Record<string, string | readonly string[]>>;

export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    // A name such as __proto__ is a name like any other.
    const before = Object.hasOwn(found, name) ? found[name] : undefined;
    const now = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
    Object.defineProperty(found, name, { value: now, enumerable: true, configurable: true, writable: true });
  }
  return found;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one === 'string' && one !== '') said.append(name, one);
    }
  }
  const text = said.toString();
  return text === '' ? '' : `?${text}`;
}

/** What `$id`, or another name, stands for in the path of the screen. */
export function usePathId(name = 'id'): string {
  const params: Readonly<Record<string, unknown>> = useParams({ strict: false });
  const said = params[name];
  return typeof said === 'string' ? said : '';
}

export type SearchChange = Readonly<Record<string, string | null>>;

export interface SearchState {
  /** Empty where the address does not say it. */
  readonly get: (name: string) => string;
  /** Null takes it out of the address. Goes into the history unless it `replace`s. */
  readonly change: (change: SearchChange, options?: { readonly replace?: boolean }) => void;
}

function changedSearch(search: Search, change: SearchChange): Search {
  const changed = new Map(Object.entries(search));
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') changed.delete(name);
    else changed.set(name, value);
  }
  return Object.fromEntries(changed);
}

/** What the address says of filters, pages and tabs: the one place where they are kept. */
export function useSearchState(): SearchState {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  return {
    get: (name) => {
      const said = Object.hasOwn(search, name) ? search[name] : undefined;
      return (typeof said === 'string' ? said : said?.[0]) ?? '';
    },
    change: (change, { replace = false } = {}) => {
      // Onto the address as it is then: of two fields that are changed at once neither takes the other one back.
      void navigate({ to: '.', search: (present: Search) => changedSearch(present, change), replace });
    },
  };
}
