/**
 * Questions of many callers that one statement can answer. In: a question, and whose it is. Out: its answer. Holds: while nothing is
 * under way a question is asked in this turn of the event loop; those that come meanwhile are asked together once it has ended, one
 * of each owner in turn; what fails together is asked in parts, so that only whoever is at fault fails; a batch that takes
 * long holds up nobody else for good.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface GatheringOptions<Question, Answer> {
  /** Resolves to the answers, in the order of the questions. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Default: 1 */
  readonly weightOf?: (question: Question) => number;
  /** The most that is asked together; a question that weighs more is asked alone. */
  readonly weightMax: number;
  /** The most that may wait; of owners who have nothing waiting, twice as much. Default: no limit, for what is bounded elsewhere */
  readonly waitingMax?: number;
  /** Questions with a name in common are never asked together. Default: none have any */
  readonly namesOf?: (question: Question) => Iterable<string>;
  /** Whether a batch that failed so had no effect, and one of its questions may be at fault. */
  readonly isOfOne: (error: unknown) => boolean;
  /** After so many milliseconds the next batch no longer waits for the one that is under way. Default: 50 */
  readonly lateMs?: number;
  /** Batches under way at once. Default: 3 */
  readonly batchesMax?: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export class GatheringFullError extends Error {
  readonly code = 'too_many_wait';
  readonly retryable = true;
}

const lateMsDefault = 50;
const batchesMaxDefault = 3;
const strangersShare = 2;

export class Gathering<Question, Answer> {
  private readonly options: GatheringOptions<Question, Answer>;
  /** By owner, those whose turn is next first. No queue is empty. */
  private readonly waiting = new Map<string, Waiting<Question, Answer>[]>();
  private waitingWeight = 0;
  private readonly underWay = new Set<{ isLate: boolean }>();
  private isDue = false;
  private late: NodeJS.Timeout | null = null;
  /** A batch belongs to no one request: neither to its transaction nor to its bounds. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(options: GatheringOptions<Question, Answer>) {
    this.options = options;
  }

  /** @throws GatheringFullError, and what asking throws */
  ask(owner: string, question: Question): Promise<Answer> {
    const weight = this.weightOf(question);
    const { waitingMax = Infinity } = this.options;
    // One who asks for everything is not in the way of those who ask for little.
    const most = this.waiting.has(owner) ? waitingMax : strangersShare * waitingMax;
    if (this.waitingWeight > 0 && this.waitingWeight + weight > most) {
      return Promise.reject(new GatheringFullError(`${this.waitingWeight} questions wait`));
    }
    return new Promise((resolve, reject) => {
      const one = { question, resolve, reject };
      const queue = this.waiting.get(owner);
      if (queue === undefined) this.waiting.set(owner, [one]);
      else queue.push(one);
      this.waitingWeight += weight;
      this.lookAgain();
    });
  }

  private lookAgain(): void {
    const { lateMs = lateMsDefault, batchesMax = batchesMaxDefault } = this.options;
    if (this.waiting.size === 0 || this.underWay.size >= batchesMax) return;
    if ([...this.underWay].every(({ isLate }) => isLate)) {
      this.beginSoon();
      return;
    }
    this.late ??= setTimeout(() => {
      this.late = null;
      for (const batch of this.underWay) batch.isLate = true;
      this.lookAgain();
    }, lateMs);
  }

  /** What comes in the same turn goes along. */
  private beginSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.begin();
    });
  }

  private begin(): void {
    const questions = this.take();
    if (questions.length === 0) return;
    const batch = { isLate: false };
    this.underWay.add(batch);
    void this.run(questions).then(() => {
      this.underWay.delete(batch);
      if (this.late !== null) clearTimeout(this.late);
      this.late = null;
      this.lookAgain();
    });
    this.lookAgain();
  }

  /** One of each owner in turn, as long as there is room. */
  private take(): Waiting<Question, Answer>[] {
    const { weightMax, namesOf = () => [] } = this.options;
    const batch: Waiting<Question, Answer>[] = [];
    const names = new Set<string>();
    let weight = 0;
    // Whose queue is put back comes to the end, and is met again.
    for (const [owner, queue] of this.waiting) {
      const [first] = queue;
      if (first === undefined) continue;
      const more = this.weightOf(first.question);
      // It is the first of the next batch: what is lighter does not pass it for ever.
      if (batch.length > 0 && weight + more > weightMax) break;
      const own = [...namesOf(first.question)];
      if (own.some((name) => names.has(name))) continue;
      for (const name of own) names.add(name);
      weight += more;
      batch.push(first);
      queue.shift();
      this.waiting.delete(owner);
      if (queue.length > 0) this.waiting.set(owner, queue);
    }
    this.waitingWeight -= weight;
    return batch;
  }

  /** Never rejects. */
  private async run(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    const { ask, isOfOne } = this.options;
    const questions = batch.map(({ question }) => question);
    try {
      const answers = await this.outside(() => ask(questions));
      if (answers.length !== batch.length) throw new Error(`${answers.length} answers to ${batch.length} questions`);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      if (batch.length === 1 || !isOfOne(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.run(batch.slice(0, half));
      await this.run(batch.slice(half));
    }
  }

  private weightOf(question: Question): number {
    return this.options.weightOf?.(question) ?? 1;
  }
}
