/** How far an index is that is made concurrently, from what PostgreSQL says of it. Pure. */

/** A row of pg_stat_progress_create_index. */
export interface IndexBuildState {
  readonly phase: string;
  readonly blocksDone: number;
  readonly blocksTotal: number;
  readonly tuplesDone: number;
  readonly tuplesTotal: number;
}

interface Stage {
  readonly phase: string;
  /** Percent of the whole at its begin, and what it adds. */
  readonly from: number;
  readonly adds: number;
  /** What it counts; null: it does not say how far it is. */
  readonly by: 'blocks' | 'tuples' | null;
}

/** In their order. The table is read twice: for the index, and for what was written while that was made. */
const stages: readonly Stage[] = [
  { phase: 'initializing', from: 0, adds: 0, by: null },
  { phase: 'waiting for writers before build', from: 0, adds: 0, by: null },
  { phase: 'building index: scanning table', from: 0, adds: 45, by: 'blocks' },
  { phase: 'building index: sorting live tuples', from: 45, adds: 0, by: null },
  { phase: 'building index: sorting dead tuples', from: 45, adds: 0, by: null },
  { phase: 'building index: loading tuples in tree', from: 45, adds: 20, by: 'tuples' },
  { phase: 'waiting for writers before validation', from: 65, adds: 0, by: null },
  { phase: 'index validation: scanning index', from: 65, adds: 5, by: 'blocks' },
  { phase: 'index validation: sorting tuples', from: 70, adds: 0, by: null },
  { phase: 'index validation: scanning table', from: 70, adds: 29, by: 'blocks' },
  { phase: 'waiting for old snapshots', from: 99, adds: 0, by: null },
];

/** Of one build. A percentage never falls, and is 100 for none that is under way. */
export class IndexProgress {
  private percent = 0;

  /** A phase that is not known, as other kinds of indexes have, adds nothing. */
  percentOf(state: IndexBuildState): number {
    const stage = stages.find(({ phase }) => phase === state.phase);
    if (stage !== undefined)
      this.percent = Math.max(this.percent, Math.floor(stage.from + stage.adds * done(stage, state)));
    return this.percent;
  }
}

/** Counts of a phase that begins are those of the one before for a moment, and a table that grows passes its total. */
function done({ by }: Stage, state: IndexBuildState): number {
  const [count, total] =
    by === 'tuples' ? [state.tuplesDone, state.tuplesTotal] : [state.blocksDone, state.blocksTotal];
  return by === null || total === 0 ? 0 : Math.min(1, count / total);
}
