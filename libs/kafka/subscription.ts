/**
 * Which topics there are of those that were asked for, by name or by pattern; and, while consuming, whether there are
 * more now, or more partitions.
 */
import type { Logger } from '../runtime/logger.ts';
import type { ClusterLink } from './cluster-link.ts';
import { troubleFields } from './trouble.ts';

const lookAgainMs = 5_000;

export class Subscription {
  private readonly link: ClusterLink;
  private readonly wanted: readonly (string | RegExp)[];
  private readonly logger: Logger;
  private found: readonly string[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(link: ClusterLink, wanted: readonly (string | RegExp)[], logger: Logger) {
    this.link = link;
    this.wanted = wanted;
    this.logger = logger;
  }

  async topics(): Promise<readonly string[]> {
    const existing = await this.link.topicNames();
    this.found = existing.filter((name) => this.wanted.some((item) => matches(item, name))).sort();
    const missing = this.missing();
    if (missing.length > 0) this.logger.warn({ missing }, 'topics do not exist (yet)');
    return this.found;
  }

  /** Until {@link unwatch}, every five seconds: `onLook`, and `onChange` when a topic appeared. */
  watch(onLook: () => void, onChange: (reason: string) => void): void {
    this.unwatch();
    const mayGrow = this.missing().length > 0 || this.wanted.some((item) => item instanceof RegExp);
    this.timer = setInterval(() => void this.look(onLook, mayGrow ? onChange : null), lookAgainMs);
  }

  unwatch(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async look(onLook: () => void, onChange: ((reason: string) => void) | null): Promise<void> {
    try {
      await this.link.cluster.refreshMetadataIfNecessary();
      onLook();
      if (onChange === null) return;
      const existing = await this.link.topicNames();
      const added = existing.filter(
        (name) => !this.found.includes(name) && this.wanted.some((item) => matches(item, name)),
      );
      if (added.length > 0) onChange(`topics appeared: ${added.join(', ')}`);
    } catch (error) {
      this.logger.debug(troubleFields(error), 'cannot look for new topics');
    }
  }

  private missing(): string[] {
    return this.wanted.filter((item): item is string => typeof item === 'string' && !this.found.includes(item));
  }
}

/** Topics of Kafka itself are never meant by a pattern. */
function matches(wanted: string | RegExp, name: string): boolean {
  if (typeof wanted === 'string') return wanted === name;
  return !name.startsWith('__') && new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')).test(name);
}
