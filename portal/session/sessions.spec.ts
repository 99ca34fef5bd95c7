/** Sessions that begin, end and change, on a page whose API is a function. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { QueryClient } from '@tanstack/react-query';

type Answer = (request: Request) => Response | Promise<Response>;

/** What the modules of the page have that is asked for here: a page has the types of a browser, this file has none. */
interface Page {
  readonly signIn: (typed: string) => Promise<void>;
  readonly enter: (session: { readonly token: string; readonly isKept: boolean }) => void;
  readonly leave: (why: 'ended' | 'signed-out') => void;
  readonly pageNumber: { readonly get: () => number };
  readonly sessionState: { readonly get: () => { readonly kind: string } };
  readonly takeHanded: (place: object, history: object) => { readonly token: string | null };
  readonly queryClient: QueryClient;
  readonly renew: (token: string) => Promise<string | null>;
  readonly request: (path: string) => Promise<Response>;
}

let answer: Answer;
let page: Page;

const clients: Readonly<Record<string, string | null>> = {
  ...{ whp_a: 'a', whp_a2: 'a', whp_b: 'b' },
  ...{ whk_admin: null, eyJadmin: null },
};

/** `GET /v1/me`, by the token. */
function caller(request: Request): Response {
  const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? '';
  const clientId = clients[token];
  if (clientId === undefined) return Response.json({ code: 'unauthenticated' }, { status: 401 });
  const kind = token.startsWith('whp_') ? 'portal' : token.startsWith('eyJ') ? 'oidc' : 'api_key';
  return Response.json({ kind, id: token, name: null, role: clientId === null ? 'admin' : 'client', clientId });
}

beforeAll(async () => {
  Object.assign(globalThis, { document: { baseURI: 'https://webhooks.example/portal/' } });
  const modules = await Promise.all(
    ['./sign-in.ts', './session.ts', '../api/queries.ts', '../api/api.ts'].map((name) => import(name) as Promise<Page>),
  );
  page = Object.assign({}, ...modules) as Page;
}, 180_000);

beforeEach(() => {
  answer = caller;
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (input) => answer(input as Request));
});

afterEach(() => {
  page.leave('signed-out');
  page.queryClient.clear();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

afterAll(() => {
  Reflect.deleteProperty(globalThis, 'document');
});

/** Signed in, with something on the page. */
async function reading(token: string): Promise<void> {
  await page.signIn(token);
  await page.queryClient.query({ queryKey: ['me'], queryFn: async () => (await page.request('/v1/me')).json() });
  page.queryClient.setQueryData(['deliveries'], `of ${token}`);
}

const shown = () => page.queryClient.getQueryData(['deliveries']);

test('what one client read is not there for the next one, whichever tab signed out', async () => {
  await reading('whp_a');
  page.leave('signed-out');
  await page.signIn('whp_b');
  expect(shown()).toBeUndefined();
});

test('what an admin read is not there for a client that signs in behind it', async () => {
  await reading('whk_admin');
  page.leave('ended');
  const before = page.pageNumber.get();
  await page.signIn('whp_b');
  expect([shown(), page.pageNumber.get()]).toEqual([undefined, before + 1]);
});

test('a token of an operator stays in the memory of the page, as an admin’s key does', async () => {
  for (const token of ['whk_admin', 'eyJadmin']) {
    await page.signIn(token);
    expect(page.sessionState.get()).toMatchObject({ kind: 'in', session: { token, isKept: false } });
  }
});

test('the session stays when a link that is no good any more is tried beside it', async () => {
  await reading('whk_admin');
  await expect(page.signIn('whp_old')).rejects.toMatchObject({ status: 401 });
  expect([page.sessionState.get().kind, shown()]).toEqual(['in', 'of whk_admin']);
});

test('the same client goes on where it was', async () => {
  await reading('whp_a');
  page.leave('ended');
  const before = page.pageNumber.get();
  await page.signIn('whp_a2');
  expect([shown(), page.pageNumber.get()]).toEqual(['of whp_a', before]);
});

test('a renewal that was not answered is asked for again', async () => {
  page.enter({ token: 'whp_a', isKept: true });
  answer = () => Promise.reject(new TypeError('Failed to fetch'));
  expect(await page.renew('whp_a')).toBeNull();
  answer = () => Response.json({ token: 'whp_a2' });
  expect(await page.renew('whp_a')).toBe('whp_a2');
});

test.each([
  ['#token=whp_a.b', 'whp_a.b'],
  ['#token=%F0%9F%98%80', null],
  ['#token=', null],
  ['#token=a%0Ab', null],
])('%s hands over %j and leaves the address', (hash, token) => {
  const replaced: unknown[] = [];
  const history = { replaceState: (...said: unknown[]) => replaced.push(said.at(-1)) };
  expect(page.takeHanded({ hash, pathname: '/portal/', search: '?q=1' }, history).token).toBe(token);
  expect(replaced).toEqual(['/portal/?q=1']);
});
