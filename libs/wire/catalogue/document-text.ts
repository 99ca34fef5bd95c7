/**
 * In: the text of a document, JSON or YAML. Out: its value. Holds: what is read is bounded before and after: a text in its length, a value in
 * its depth, its nodes and its texts, each counted as often as an alias brings it; nothing that YAML could make of a tag is made.
 */
import { LineCounter, parseDocument } from 'yaml';
import { UnreadableDocument } from './found-type.ts';

/** In characters. YAML takes some twenty times as long to read as JSON does. */
export const documentLimits = { jsonChars: 1024 * 1024, yamlChars: 256 * 1024, depth: 100, nodes: 200_000 } as const;

/** @throws UnreadableDocument */
export function documentIn(text: string): unknown {
  const value = /^\s*[{[]/.test(text) ? jsonIn(text) : yamlIn(text);
  requireBounded(value);
  return value;
}

/** Without recursion, so that no depth is too much; what holds itself is too deep. @throws UnreadableDocument */
export function requireBounded(value: unknown): void {
  let nodes = 0;
  let chars = 0;
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    nodes += 1;
    if (nodes > documentLimits.nodes) throw new UnreadableDocument(`it has more than ${documentLimits.nodes} values`);
    if (typeof next.value === 'string') chars += next.value.length;
    if (chars > documentLimits.jsonChars) throw tooLong(documentLimits.jsonChars);
    if (typeof next.value !== 'object' || next.value === null) continue;
    const depth = next.depth + 1;
    if (depth > documentLimits.depth) {
      throw new UnreadableDocument(`it is nested deeper than ${documentLimits.depth} levels`);
    }
    const members = Object.values(next.value);
    if (nodes + open.length + members.length > documentLimits.nodes * 2) {
      throw new UnreadableDocument(`it has more than ${documentLimits.nodes} values`);
    }
    for (const member of members) open.push({ value: member, depth });
  }
}

function jsonIn(text: string): unknown {
  if (text.length > documentLimits.jsonChars) throw tooLong(documentLimits.jsonChars);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // YAML begins with braces too.
    if (text.length <= documentLimits.yamlChars) return yamlIn(text);
    throw new UnreadableDocument('it is no JSON', { cause });
  }
}

function yamlIn(text: string): unknown {
  if (text.length > documentLimits.yamlChars) throw tooLong(documentLimits.yamlChars);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      ...{ version: '1.2', schema: 'core', merge: false, prettyErrors: false, logLevel: 'error' },
      // Comparing each name with all before it takes the square of their number.
      uniqueKeys: false,
      lineCounter: lines,
    });
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line } = lines.linePos(problem.pos[0]);
      throw new UnreadableDocument(`it is neither JSON nor YAML: line ${line}: ${problem.message.slice(0, 200)}`);
    }
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    if (cause instanceof UnreadableDocument) throw cause;
    // An alias too many, one of nothing, or brackets as deep as the stack.
    const reason = cause instanceof RangeError ? 'it is nested too deep' : 'it has too many aliases, or one of nothing';
    throw new UnreadableDocument(reason, { cause });
  }
}

function tooLong(chars: number): UnreadableDocument {
  return new UnreadableDocument(`it has more than ${chars} characters`);
}
