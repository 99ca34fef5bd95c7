/** One system and one browser, for all tests of the portal. */
import { chromium, type Browser } from 'playwright-core';
import { findChromium, noChromium } from '../../stack/chromium.ts';
import { startSystem, type System } from './app-harness.ts';

export interface PortalStage {
  readonly system: System;
  readonly browser: Browser;
  stop(): Promise<void>;
}

export async function startPortalStage(): Promise<PortalStage> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(noChromium);
  const [system, browser] = await Promise.all([
    startSystem({
      env: { AUTO_DEACTIVATION_FAILURE_THRESHOLD: '3', AUTO_DEACTIVATION_MIN_MINUTES: '0', LOG_LEVEL: 'info' },
    }),
    chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] }),
  ]);
  return {
    system,
    browser,
    stop: async () => {
      await browser.close();
      await system.stop();
    },
  };
}
