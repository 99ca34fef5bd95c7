/**
 * Texts that take long to make and are asked for often, such as documents of the catalogue. In: what a text is made of, as a digest. Out: the
 * text, made once. Holds: memory is bounded; what was asked for least recently goes first.
 */
export class KeptTexts {
  private readonly bytesMax: number;
  private readonly texts = new Map<string, Buffer>();
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  find(digest: string): Buffer | null {
    const text = this.texts.get(digest);
    if (text === undefined) return null;
    this.texts.delete(digest);
    this.texts.set(digest, text);
    return text;
  }

  keep(digest: string, text: Buffer): void {
    this.forget(digest);
    this.texts.set(digest, text);
    this.bytes += text.length;
    for (const oldest of this.texts.keys()) {
      if (this.bytes <= this.bytesMax) break;
      this.forget(oldest);
    }
  }

  private forget(digest: string): void {
    this.bytes -= this.texts.get(digest)?.length ?? 0;
    this.texts.delete(digest);
  }
}
