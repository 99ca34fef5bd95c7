/** Rejected events as operators look through them. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RejectedEvent } from '../../domain/event/rejected-event.ts';
import { firstOf, isBeforeAll, pageFrom, pageLookedAt, type LookedItem, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';
import { rejectedEventList, type RedriveState, type RejectedEventFilter } from './rejected-event-list.ts';

export interface RejectedEventItem extends Omit<RejectedEvent, 'rejectedAtMs' | 'sourceAtMs'> {
  readonly rejectedAt: Date;
  readonly sourceAt: Date | null;
  readonly redriveState: RedriveState;
  readonly redriveAt: Date | null;
  readonly redrivenAt: Date | null;
  readonly redriveProblem: string | null;
}

type Looked = RejectedEventItem & Omit<LookedItem<RejectedEventItem>, 'item'>;

export class RejectedEventView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Newest first. */
  async list(filter: RejectedEventFilter, request: PageRequest<string>): Promise<Page<RejectedEventItem, string>> {
    const { sql, values, isBounded } = rejectedEventList(filter, request);
    const found = await readerOf(this.em)<Looked>(sql, values);
    const idOf = ({ id }: RejectedEventItem) => id;
    const page = isBounded ? pageLookedAt(found.map(lookedItem), request, idOf) : pageFrom(found, request, idOf);
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }
}

function lookedItem({ isWanted, isLast, ...item }: Looked): LookedItem<RejectedEventItem> {
  return { item, isWanted, isLast };
}
