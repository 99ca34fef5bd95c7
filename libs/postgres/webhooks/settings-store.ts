/**
 * What operators changed of the settings. In: changes, and who makes them. Out: what is changed, and its revision. Holds: a change and its audit
 * entry commit together; of two at once each is judged by what the other left.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import type { VersionCondition } from '../../domain/access/entity-tag.ts';
import {
  afterChanges,
  type ChangedSettings,
  type SettingProblem,
  type SettingsChanges,
} from '../../domain/webhook/changed-settings.ts';
import { appendAudit } from '../access/audit-store.ts';
import { runIn } from '../bulk.ts';
import { readerOf } from '../read.ts';
import { changing } from './held-change.ts';

export interface KeptSettings {
  readonly changed: ChangedSettings;
  /** Counts changes; 0: there was none. */
  readonly revision: number;
}

export type SettingsUpdated =
  | { readonly kind: 'updated'; readonly kept: KeptSettings }
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly problems: readonly SettingProblem[] };

export class SettingsStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  async read(): Promise<KeptSettings> {
    const [kept] = await readerOf(this.em)<KeptSettings>('select changed, revision from operator_settings');
    return kept ?? { changed: {}, revision: 0 };
  }

  /**
   * `judge` sees what is changed already, under the lock of the row. What changes nothing is no change.
   */
  async update(
    changes: SettingsChanges,
    isMeant: VersionCondition,
    judge: (changed: ChangedSettings) => readonly SettingProblem[],
    actor: Actor,
    now: Date,
  ): Promise<SettingsUpdated> {
    return changing(this.em, async (em) => {
      const run = runIn(em);
      await run(
        `insert into operator_settings (changed, revision, updated_at) values ('{}', 0, $1) on conflict do nothing`,
        [now],
      );
      const [before] = await run<KeptSettings>('select changed, revision from operator_settings for update');
      if (before === undefined) throw new Error('the row of the settings is gone');
      if (!isMeant(before.revision)) return { kind: 'stale' };
      const problems = judge(before.changed);
      if (problems.length > 0) return { kind: 'refused', problems };
      const changed = afterChanges(before.changed, changes);
      const differing = differenceOf(before.changed, changed);
      if (differing === null) return { kind: 'updated', kept: before };
      const kept = { changed, revision: before.revision + 1 };
      await run('update operator_settings set changed = $1::jsonb, revision = $2, updated_at = $3', [
        JSON.stringify(changed),
        kept.revision,
        now,
      ]);
      const action = { action: 'settings.updated', objectKind: 'settings', objectId: 'settings' } as const;
      await appendAudit(em, { ...action, clientId: null, ...differing }, actor, now);
      return { kind: 'updated', kept };
    });
  }
}

/** By pointer, null where the environment counts; null: they are the same. */
function differenceOf(before: ChangedSettings, after: ChangedSettings): { before: object; after: object } | null {
  const valueIn = (from: ChangedSettings, name: string) => (from as Record<string, unknown>)[name] ?? null;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => valueIn(before, name) !== valueIn(after, name),
  );
  if (names.length === 0) return null;
  const of = (from: ChangedSettings) => Object.fromEntries(names.map((name) => [name, valueIn(from, name)]));
  return { before: of(before), after: of(after) };
}
