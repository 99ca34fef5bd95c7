/**
 * In: brokers. Out: the id under which a producer numbers its batches. Holds: tried for as long as it takes; a new one
 * only when the present one is of no use any more.
 */
import { backOffMsMax, backOffMsMin } from './partition-sending.ts';
import type { ProducerClock } from './producer-clock.ts';
import type { ProducerLink } from './producer-link.ts';

type Identity = Awaited<ReturnType<ProducerLink['producerId']>>;

export interface ProducerIdentityOptions {
  readonly link: Pick<ProducerLink, 'connect' | 'producerId'>;
  readonly clock: ProducerClock;
  readonly onKnown: () => void;
  readonly onFailure: (error: unknown) => void;
}

export class ProducerIdentity {
  /** Why there is none. */
  failure: string | null = null;
  private readonly options: ProducerIdentityOptions;
  private known: Identity | null = null;
  private wasKnown = false;
  private running: Promise<void> | null = null;
  private endWait: (() => void) | null = null;
  private isStopped = false;

  constructor(options: ProducerIdentityOptions) {
    this.options = options;
  }

  get current(): Identity | null {
    return this.known;
  }

  /** False until an id was had once. */
  get isConnected(): boolean {
    return this.wasKnown;
  }

  /** Resolves when there is an id, or at the end. */
  find(): Promise<void> {
    if (this.known !== null || this.isStopped) return Promise.resolve();
    this.running ??= this.tryOn().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Unless that was done already. */
  renew(producerId: bigint): void {
    if (this.known?.producerId !== producerId) return;
    this.known = null;
    void this.find();
  }

  stop(): void {
    this.isStopped = true;
    this.endWait?.();
  }

  private async tryOn(): Promise<void> {
    const { link, clock, onKnown, onFailure } = this.options;
    for (let backOffMs = backOffMsMin; !this.isStopped; backOffMs = Math.min(backOffMs * 2, backOffMsMax)) {
      try {
        await link.connect();
        this.known = await link.producerId();
        this.wasKnown = true;
        onKnown();
        return;
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        if (!this.hasStopped()) onFailure(error);
      }
      if (this.hasStopped()) return;
      await new Promise<void>((resolve) => {
        const takeBack = clock.after(backOffMs, resolve);
        this.endWait = () => {
          takeBack();
          resolve();
        };
      });
    }
  }

  // A method, so that every look is a new one.
  private hasStopped(): boolean {
    return this.isStopped;
  }
}
