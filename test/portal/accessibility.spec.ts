/**
 * Every screen, opened first, in both themes and languages, wide and at 320 px: no finding of WCAG 2.2 AA by axe, no scrolling
 * sideways, a dozen requests, nothing asked for twice.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAs, portalStage } from '../support/portal-pages.ts';
import { seedPortal, type SeededPortal } from '../support/portal-screens.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { until } from '../support/until.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const requestsMax = 12;
const elementsMax = 4_000;

let stage: PortalStage;
let seeded: SeededPortal;

beforeAll(async () => {
  stage = await portalStage();
  seeded = await seedPortal(stage);
}, 180_000);

afterAll(async () => {
  await seeded.close();
});

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

test.each([
  ['light', 1280, 'en-GB'],
  ['dark', 320, 'pt-BR'],
] as const)(
  '%s, %d px wide, %s',
  async (colorScheme, width, locale) => {
    const viewport = { width, height: 900 };
    const { page, requests, faults, close } = await openAs(stage, seeded.token, '/', { colorScheme, viewport, locale });
    const found: string[] = [];
    for (const path of seeded.paths) {
      await page.goto('about:blank');
      const before = requests.length;
      await page.goto(`/portal${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until(async () => (await page.locator('[aria-busy=true]').count()) === 0, { timeoutMs: 15_000 });
      // Later something may be looked at again.
      const atOnce = requests.slice(before);
      expect([path, ...atOnce]).toEqual([path, ...new Set(atOnce)]);
      expect(await page.evaluate('document.documentElement.lang')).toBe(locale === 'pt-BR' ? 'pt-BR' : 'en');
      await page.evaluate(axe);
      const violations = await page.evaluate<Finding[]>(
        `axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`,
      );
      found.push(
        ...violations.map(
          ({ id, nodes }) => `${path}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
        ),
      );
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      // The browser asks for the icon once, with whatever page is open by then.
      const asked = [...new Set(requests.slice(before))].filter((url) => !url.includes('/favicon-'));
      const elements = await page.evaluate<number>('document.querySelectorAll("*").length');
      // The texts of another language are a file of their own.
      if (asked.length > requestsMax + (locale === 'pt-BR' ? 1 : 0))
        found.push(`${path} asks for ${asked.length}: ${asked.join(' ')}`);
      if (elements > elementsMax) found.push(`${path} has ${elements} elements`);
      if (overflow > 0) found.push(`${path}: ${overflow} px too wide`);
    }
    await close();
    expect(found).toEqual([]);
    expect(faults).toEqual([]);
  },
  180_000,
);
