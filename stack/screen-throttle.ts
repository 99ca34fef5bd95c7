/** Keeps a storm of the same warning from hiding everything else on the screen. The logs have every line. */

const quietMs = 10_000;
const linesMax = 200;

export class ScreenThrottle {
  private readonly shownAt = new Map<string, number>();

  /** @param now monotonic, in milliseconds */
  mayShow(line: string, now: number): boolean {
    // What differs in numbers alone (ids, offsets, durations) is the same news.
    const news = line.replaceAll(/[0-9a-f-]*\d[0-9a-f-]*/g, '#');
    const before = this.shownAt.get(news);
    if (before !== undefined && now - before < quietMs) return false;
    if (this.shownAt.size >= linesMax) this.shownAt.clear();
    this.shownAt.set(news, now);
    return true;
  }
}
