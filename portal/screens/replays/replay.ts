/** Replays as screens read them. */
import type { Schemas } from '../../api/api.ts';
import { read, type ListPage, type Query } from '../../api/reads.ts';

export type Replay = Schemas['Replay'];
export type ReplayStatusName = Replay['status'];

export function readReplays(query: Query, signal?: AbortSignal): Promise<ListPage<Replay>> {
  return read<ListPage<Replay>>('/v1/replays', query, signal);
}

export function readReplay(id: string, signal?: AbortSignal): Promise<Replay> {
  return read<Replay>(`/v1/replays/${encodeURIComponent(id)}`, {}, signal);
}

export function replayKey(id: string): readonly string[] {
  return ['replay', id];
}

/** Something of it is still to come. */
export function isUnderWay({ status }: Pick<Replay, 'status'>): boolean {
  return status === 'pending' || status === 'running';
}
