/**
 * What the answers of one endpoint mean, as its owner says: codes and classes of codes that are a success, that are tried again
 * or that are final. What must hold: a code that is named by itself comes before its class; no class covers 410, which is the
 * endpoint's word that it is gone, unless it is named.
 */

/** Classes that may be named in place of each of their codes. */
export const statusClasses = ['3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof statusClasses)[number];

export type AnswerCode = number | StatusClass;

/** The lists of a webhook; on the wire each entry is text. */
export interface AnswerCodes<Entry = AnswerCode> {
  /** Delivered, as a 2xx is. */
  readonly successCodes: readonly Entry[];
  /** Tried again by the retry policy. */
  readonly retryOn: readonly Entry[];
  /** Final at once. */
  readonly failOn: readonly Entry[];
}

export const answerCodeLists = ['successCodes', 'retryOn', 'failOn'] as const satisfies readonly (keyof AnswerCodes)[];
export type AnswerCodeList = (typeof answerCodeLists)[number];

export const noAnswerCodes: AnswerCodes<never> = { successCodes: [], retryOn: [], failOn: [] };

const gone = 410;

/** The list that says what this code means; null: none does. */
export function listOf(code: number, codes: AnswerCodes<string>): AnswerCodeList | null {
  const { successCodes, retryOn, failOn } = codes;
  // Almost all webhooks have none, and this is asked for each answer.
  if (successCodes.length + retryOn.length + failOn.length === 0) return null;
  return naming(String(code), codes) ?? (code === gone ? null : naming(`${Math.floor(code / 100)}xx`, codes));
}

function naming(entry: string, codes: AnswerCodes<string>): AnswerCodeList | null {
  return answerCodeLists.find((name) => codes[name].includes(entry)) ?? null;
}

/** A 2xx, or what the webhook takes for one. */
export function isSuccessCode(code: number, codes: AnswerCodes<string>): boolean {
  return (code >= 200 && code <= 299) || listOf(code, codes) === 'successCodes';
}

export interface TwiceNamed {
  readonly entry: AnswerCode;
  readonly first: AnswerCodeList;
  readonly second: AnswerCodeList;
  /** Of the entry in the second list. */
  readonly index: number;
}

/** Entries that two lists have, so that they would mean two things. */
export function twiceNamed(codes: AnswerCodes): TwiceNamed[] {
  const firstOf = new Map<AnswerCode, AnswerCodeList>();
  const found: TwiceNamed[] = [];
  for (const second of answerCodeLists) {
    for (const [index, entry] of codes[second].entries()) {
      const first = firstOf.get(entry);
      if (first === undefined) firstOf.set(entry, second);
      else if (first !== second) found.push({ entry, first, second, index });
    }
  }
  return found;
}

/** True when an operator who allows these codes and classes allows this one. */
export function isAllowedCode(entry: AnswerCode, allowed: readonly string[]): boolean {
  const text = String(entry);
  return allowed.includes(text) || (typeof entry === 'number' && allowed.includes(`${text.charAt(0)}xx`));
}
