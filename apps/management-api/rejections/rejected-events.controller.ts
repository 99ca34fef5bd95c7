/** Rejected events: looking through them, and having them sent again. For operators. */
import { Controller, Inject } from '@nestjs/common';
import * as contract from '../../../libs/api-contract/rejected-events.ts';
import { timeOfObjectId } from '../../../libs/domain/object-id.ts';
import { RedriveStore } from '../../../libs/postgres/rejections/redrive-store.ts';
import { RejectedEventView, type RejectedEventItem } from '../../../libs/postgres/rejections/rejected-event-view.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { maySeePayloads, type InputOf } from '../access/caller.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { refuseEmptyRange, timeRangeOf } from '../http/time-range.ts';
import { timeOrNull } from '../responses.ts';
import { RedriveRunner } from './redrive-runner.ts';

const isId = (text: string) => timeOfObjectId('rejected', text) !== null;

@Controller()
export class RejectedEventsController {
  constructor(
    @Inject(RejectedEventView) private readonly rejected: RejectedEventView,
    @Inject(RedriveStore) private readonly store: RedriveStore,
    @Inject(RedriveRunner) private readonly runner: RedriveRunner,
  ) {}

  @Route(contract.listRejectedEvents)
  async list(@Input() { query, caller }: InputOf<typeof contract.listRejectedEvents>) {
    const { reason, sourceTopic, redrive } = query;
    const filter = { reason, sourceTopic, redrive, ...timeRangeOf(query) };
    const page = await this.rejected.list(filter, pageByText(query, isId));
    const { searchedTo = null } = page;
    const isPayloadHidden = !maySeePayloads(caller);
    return {
      ...pageAnswer(page, (item) => rejectedEventResponse(item, isPayloadHidden)),
      searchedTo: searchedTo === null ? null : timeOrNull(timeOfObjectId('rejected', searchedTo)),
    };
  }

  @Route(contract.redriveRejectedEvents)
  async redrive(@Input() { body, actor }: InputOf<typeof contract.redriveRejectedEvents>) {
    const { ids, filter = {}, pacePerSecond = contract.redrivePaceDefault, dryRun = false } = body;
    const { from, to, ...named } = filter;
    refuseUnclear(ids, Object.keys(filter).length > 0);
    refuseEmptyRange('/filter', ['from', 'to'], from, to);
    const chosen =
      ids === undefined
        ? { filter: { ...named, ...timeRangeOf({ ...(from && { from }), ...(to && { to }) }) } }
        : { ids };
    const counts = await this.store.request({ ...chosen, pacePerSecond, isDryRun: dryRun }, actor, new Date());
    if (!dryRun) {
      whenCommitted(() => {
        this.runner.lookNow();
      });
    }
    return { dryRun, ...counts, toBeSent: counts.matched - counts.refused };
  }
}

/** @throws ProblemError */
function refuseUnclear(ids: readonly string[] | undefined, hasFilter: boolean): void {
  if ((ids !== undefined) !== hasFilter) return;
  const message = 'Give either ids, or a filter with at least one condition.';
  throw invalid([{ path: '/ids', rule: 'which', message }]);
}

function rejectedEventResponse(item: RejectedEventItem, isPayloadHidden: boolean) {
  const { partition, offset, sourceTopic, sourcePartition, sourceOffset, sourceAt, refusal } = item;
  const { id, reason, detail, key, value, valueState, valueBytes } = item;
  const source = {
    topic: sourceTopic ?? '',
    partition: sourcePartition,
    offset: sourceOffset,
    time: timeOrNull(sourceAt),
  };
  return {
    ...{ id, rejectedAt: item.rejectedAt.toISOString(), reason, detail, at: `${partition}@${offset}` },
    source: sourceTopic === null ? null : source,
    ...{ key: isPayloadHidden ? null : key, value: isPayloadHidden ? null : value },
    ...{ valueState, valueBytes, isPayloadHidden },
    redrive: {
      state: item.redriveState,
      dueAt: timeOrNull(item.redriveAt),
      sentAt: timeOrNull(item.redrivenAt),
      problem: item.redriveProblem,
      before: item.redriveCount,
      refusal,
    },
  };
}
