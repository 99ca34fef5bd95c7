/** What tabs say to each other, with the other ones played by a channel. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

interface Offer {
  readonly id: string;
  readonly label: string;
  readonly token: string;
  readonly isKept: boolean;
}

interface Tab {
  readonly answerOtherTabs: (own: () => { readonly id: string; readonly label: string } | null) => void;
  readonly askOtherTabs: () => Promise<readonly Offer[]>;
  readonly enter: (session: { readonly token: string; readonly isKept: boolean }) => void;
  readonly sessionState: { readonly get: () => { readonly kind: string } };
}

/** Both ends of a channel in this process, told at once. */
class Channel {
  static readonly all = new Set<Channel>();
  private readonly hearing = new Set<(event: { readonly data: unknown }) => void>();

  constructor() {
    Channel.all.add(this);
  }

  addEventListener(_name: string, hear: (event: { readonly data: unknown }) => void): void {
    this.hearing.add(hear);
  }

  removeEventListener(_name: string, hear: (event: { readonly data: unknown }) => void): void {
    this.hearing.delete(hear);
  }

  postMessage(data: unknown): void {
    for (const other of Channel.all) if (other !== this) for (const hear of other.hearing) hear({ data });
  }
}

const own = { BroadcastChannel: globalThis.BroadcastChannel };
let tab: Tab;
let other: Channel;

beforeAll(async () => {
  Object.assign(globalThis, { BroadcastChannel: Channel, document: { baseURI: 'https://webhooks.example/portal/' } });
  const modules = ['./other-tabs.ts', './session.ts'].map((name) => import(name) as Promise<Tab>);
  tab = Object.assign({}, ...(await Promise.all(modules))) as Tab;
  tab.answerOtherTabs(() => ({ id: 'ps_own', label: 'acme · ann' }));
  other = new Channel();
}, 180_000);

afterAll(() => {
  Object.assign(globalThis, own);
  Reflect.deleteProperty(globalThis, 'document');
});

beforeEach(() => {
  tab.enter({ token: 'whp_own', isKept: true });
});

test('two sessions of one client are two, and a session that two tabs have is one', async () => {
  const offers = ['ps_1', 'ps_2', 'ps_1'].map((id) => ({ id, label: 'acme · view', token: `whp_${id}`, isKept: true }));
  other.addEventListener('message', ({ data }) => {
    if ((data as { kind: string }).kind !== 'ask') return;
    for (const offer of offers) other.postMessage({ kind: 'offer', offer });
  });
  expect((await tab.askOtherTabs()).map(({ id }) => id)).toEqual(['ps_1', 'ps_2']);
});

test.each([
  ['another one of the client', { id: 'ps_2', token: 'whp_2' }, 'in'],
  ['this one, before it was made longer here', { id: 'ps_own', token: 'whp_before' }, 'out'],
  ['this one, by a tab that did not know its id', { id: null, token: 'whp_own' }, 'out'],
] as const)('somebody signs out of %s', (_name, said, kind) => {
  other.postMessage({ kind: 'signed-out', ...said });
  expect(tab.sessionState.get().kind).toBe(kind);
});
