/** Asks the consumer whether work may begin, for whatever it feeds, which is made before it. Until then: yes. */
export class ConsumerPermit {
  private ask: () => boolean = () => true;

  /** @param mayStart see KafkaBatchServer.mayStart */
  follow(mayStart: () => boolean): void {
    this.ask = mayStart;
  }

  mayStart(): boolean {
    return this.ask();
  }
}

/** The same for what the platform's own cluster feeds. */
export class PlatformPermit extends ConsumerPermit {}
