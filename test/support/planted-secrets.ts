/** What must not come out of any app, and the search for it in what came out. */

/** Shorter ones could be in a text by chance. */
const charactersMin = 12;

export class PlantedSecrets {
  private readonly planted = new Map<string, string>();

  /** @param what what it is, in words: a failure must not show the secret itself */
  plant(what: string, secret: string): void {
    if (secret.length < charactersMin) throw new Error(`${what} is too short to be looked for`);
    this.planted.set(secret, what);
    // In a path, a query or an id it would come in this form.
    this.planted.set(encodeURIComponent(secret), what);
    // whsec_ and the like are words that anybody may say; what follows is the secret.
    const bare = secret.replace(/^[a-z]{2,8}_/, '');
    if (bare.length >= charactersMin) this.planted.set(bare, what);
  }

  /** What of it is in the text, in words. */
  foundIn(text: string): readonly string[] {
    return [...new Set([...this.planted].filter(([secret]) => text.includes(secret)).map(([, what]) => what))];
  }

  /** @throws naming the place and what was found there */
  refuseIn(place: string, text: string): void {
    const found = this.foundIn(text);
    if (found.length > 0) throw new Error(`${place} holds ${found.join(', ')}`);
  }
}
