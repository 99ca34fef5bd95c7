/** The browser for tests and pictures of the portal: not part of the dependencies, found where the system has it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const noChromium =
  'No Chromium was found: install it (Debian: apt-get install --no-install-recommends chromium) or name one in CHROMIUM.';

/** CHROMIUM, else what is in the path under one of its names; null: none. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file)) ?? null;
}
