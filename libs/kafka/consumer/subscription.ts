/**
 * Which topics there are of those that were asked for, by name or by pattern; and, while consuming, whether there are
 * more now, or more partitions.
 */
import type { Logger } from '../../runtime/logger.ts';
import type { ClusterLink } from '../cluster/cluster-link.ts';
import { troubleFields } from '../trouble.ts';

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
    this.found = (await this.existing()).sort();
    const missing = this.missing();
    if (missing.length > 0) this.logger.warn({ missing }, 'topics do not exist (yet)');
    return this.found;
  }

  /** Until {@link unwatch}, every five seconds: `onLook`, and `onChange` when a topic appeared. */
  watch(onLook: () => Promise<void>, onChange: (reason: string) => void): void {
    this.unwatch();
    const mayGrow = this.missing().length > 0 || this.wanted.some((item) => item instanceof RegExp);
    this.timer = setInterval(() => void this.look(onLook, mayGrow ? onChange : null), lookAgainMs);
  }

  unwatch(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async look(onLook: () => Promise<void>, onChange: ((reason: string) => void) | null): Promise<void> {
    try {
      await this.link.cluster.refreshMetadataIfNecessary();
      await onLook();
      if (onChange === null) return;
      const added = (await this.existing()).filter((name) => !this.found.includes(name));
      if (added.length > 0) onChange(`topics appeared: ${added.join(', ')}`);
    } catch (error) {
      this.logger.debug(troubleFields(error), 'cannot look for new topics');
    }
  }

  /** Topics that are wanted by name are asked for by name: nobody is to know of all the others. */
  private async existing(): Promise<string[]> {
    const names = this.wanted.filter((item): item is string => typeof item === 'string');
    if (names.length === this.wanted.length) return this.link.existing(names);
    const all = await this.link.topicNames();
    return all.filter((name) => this.wanted.some((item) => matches(item, name)));
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
