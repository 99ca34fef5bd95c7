import { expect, test } from '@jest/globals';
import { boundsNow, withinBounds } from '../bounded-reads.ts';
import { SettingsInForce } from './settings-in-force.ts';
import type { KeptSettings } from './settings-store.ts';

const kept = (revision: number): KeptSettings => ({ changed: { '/webhooksPerClientMax': revision }, revision });

test('the database is asked once in half a second, however many ask', async () => {
  let now = 1_000;
  let asked = 0;
  const settings = new SettingsInForce({ read: () => Promise.resolve(kept((asked += 1))) }, () => now);
  const all = await Promise.all(Array.from({ length: 50 }, () => settings.get()));
  now += 499;
  expect([asked, new Set(all).size, (await settings.get()).revision]).toEqual([1, 1, 1]);
  now += 1;
  expect((await settings.get()).revision).toBe(2);
});

test('an answer from before a change of its own does not undo it', async () => {
  let answer: (read: KeptSettings) => void = () => undefined;
  const settings = new SettingsInForce({ read: () => new Promise((resolve) => (answer = resolve)) }, () => 0);
  const underWay = settings.get();
  settings.learn(kept(2));
  answer(kept(1));
  expect((await underWay).revision).toBe(2);
  expect((await settings.get()).revision).toBe(2);
});

test('whoever asks first has it asked for all, and not within its own bounds', async () => {
  const bounds: unknown[] = [];
  const read = () => Promise.resolve((bounds.push(boundsNow()), kept(1)));
  const settings = new SettingsInForce({ read }, () => 0);
  const own = { statementMs: 1, signal: AbortSignal.abort(), cancel: () => Promise.resolve() };
  expect((await withinBounds(own, () => settings.get())).revision).toBe(1);
  expect(bounds).toEqual([undefined]);
});

test('what cannot be known is an error, and asked for anew', async () => {
  let isAway = true;
  const read = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(kept(1)));
  const settings = new SettingsInForce({ read }, () => 0);
  await expect(settings.get()).rejects.toThrow('away');
  isAway = false;
  expect((await settings.get()).revision).toBe(1);
});
