/** What a filter may look like, and what is said of one that may not. */
import { filterLimits } from './filter.ts';
import { pointerToken } from '../payload/json-pointer.ts';

const eventFields: readonly string[] = ['id', 'type', 'source', 'subject', 'time', 'data'];

export class FilterProblem extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export function membersOf(json: unknown, at: string, depth: number, message: string): [string, unknown][] {
  checkDepth(at, depth);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new FilterProblem(at, message);
  const keys = Object.keys(json);
  if (keys.length > filterLimits.conditionsMax) {
    throw new FilterProblem(at, `has more than ${filterLimits.conditionsMax} conditions`);
  }
  return keys.map((key) => [key, (json as Record<string, unknown>)[key]]);
}

export function segmentsOf(key: string, prefix: readonly string[], at: string): string[] {
  if (key.length > filterLimits.stringLengthMax) throw new FilterProblem(at, 'the path is too long');
  const segments = key.split('.');
  if (segments.includes('')) throw new FilterProblem(at, `${quoted(key)} is not a path: a part of it is empty`);
  const first = prefix[0] ?? segments[0] ?? '';
  if (!eventFields.includes(first)) {
    throw new FilterProblem(at, `${quoted(first)} is not a field of an event: use one of ${eventFields.join(', ')}`);
  }
  return segments;
}

export function checkDepth(at: string, depth: number): void {
  if (depth > filterLimits.depthMax) {
    throw new FilterProblem(at, `is nested deeper than ${filterLimits.depthMax} levels`);
  }
}

export function below(at: string, key: string): string {
  return at + pointerToken(key.slice(0, 100));
}

export function quoted(key: string): string {
  return JSON.stringify(key.slice(0, 100));
}
