/** What tests of the portal share: pages that are watched, and sessions to begin with. */
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { dataOf } from '../../libs/api-client/api-client.ts';
import type { PortalStage } from './portal-stage.ts';
import type { TestClient } from './clients.ts';

/** The one stage of the run; see portal-environment.mjs. */
export function portalStage(): Promise<PortalStage> {
  const { portalStage: given } = globalThis as unknown as { portalStage?: () => Promise<PortalStage> };
  if (given === undefined) throw new Error('tests of the portal live in test/portal');
  return given();
}

/** A page, and what must not happen on any: collected while it is open. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Violations of the policy, errors in the console, requests to elsewhere. */
  readonly faults: readonly string[];
  /** What the page asked for, without its origin. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export async function openPage(stage: PortalStage, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await stage.browser.newContext({
    baseURL: stage.system.url('management-api'),
    locale: 'en-GB',
    timezoneId: 'America/Sao_Paulo',
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  return { page, context, ...watched(page, stage.system.url('management-api')), close: () => context.close() };
}

/** Answers that say no are shown by the page; the browser tells of them as well. */
const expectedErrors =
  /^Failed to load resource: the server responded with a status of (401|403|404|409|412|422|429|503)/;

function watched(page: Page, origin: string) {
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !expectedErrors.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (url.startsWith(`${origin}/`)) requests.push(url.slice(origin.length));
    else faults.push(`request to ${url}`);
  });
  return { faults, requests };
}

/** A token for this client, as an operator would hand it out. */
export async function portalToken(
  { system }: PortalStage,
  client: TestClient,
  scope: 'view' | 'manage' = 'manage',
): Promise<string> {
  const opened = await dataOf(
    system.client().POST('/v1/clients/{id}/portal-sessions', {
      params: { path: { id: client.id } },
      body: { scope, name: 'ann@example.com' },
    }),
  );
  return opened.token;
}

/** Signed in by a link. @param path below the portal, such as /webhooks */
export async function openAs(stage: PortalStage, token: string, path: string, options?: BrowserContextOptions) {
  const watched = await openPage(stage, options);
  await watched.page.goto(`/portal/#token=${encodeURIComponent(token)}&next=${encodeURIComponent(path)}`);
  return watched;
}
