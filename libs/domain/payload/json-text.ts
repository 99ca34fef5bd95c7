/**
 * JSON that is text already, so that whoever passes it on neither parses nor writes it.
 * Holds: printable ASCII alone, which every JSON and every database takes as it is.
 */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
