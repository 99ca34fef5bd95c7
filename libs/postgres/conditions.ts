/** A where clause from the conditions that were asked for, each with parameters of its own. */

export class Conditions {
  readonly values: unknown[];
  private readonly parts: string[] = [];

  /** @param values of a statement that has other conditions too */
  constructor(values: unknown[] = []) {
    this.values = values;
  }

  /** `?` in the text stands for the value; nothing is added for undefined and null. */
  add(text: string, value: unknown): this {
    if (value === undefined || value === null) return this;
    this.parts.push(text.replaceAll('?', this.value(value)));
    return this;
  }

  /** One without a value of its own. */
  and(text: string): this {
    this.parts.push(text);
    return this;
  }

  /** A jsonb list of texts has one of these. */
  addOverlap(column: string, texts: readonly string[]): this {
    this.parts.push(`${column} ?| ${this.value(texts)}`);
    return this;
  }

  /** A parameter to use elsewhere in the statement. */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** Empty when there are no conditions. */
  get where(): string {
    return this.parts.length === 0 ? '' : `where ${this.parts.join(' and ')}`;
  }
}
