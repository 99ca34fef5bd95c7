/** One replay: how far it is, what it led to, and how to stop it. It can be left and found again. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { queryClient } from '../../api/queries.ts';
import { Page, Section } from '../../app/page.tsx';
import { usePathId } from '../../app/search.ts';
import { Button } from '../../elements/button.tsx';
import { Confirmation } from '../../elements/dialog.tsx';
import { tell } from '../../elements/notices.tsx';
import { Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Duration, Time } from '../../elements/time.tsx';
import { CountedNumber } from './counted-number.tsx';
import { ReplayEffect } from './replay-effect.tsx';
import { Fact, ReplayFilterFacts } from './replay-filter.tsx';
import { progressOf } from './replay-progress.ts';
import { ReplayStatus } from './replay-status.tsx';
import { isUnderWay, readReplay, replayKey, type Replay } from './replay.ts';
import reading from '../../style/reading.module.css';
import styles from './replays.module.css';

/** While something is to come it is looked for this often. */
const lookEveryMs = 1_000;

export function Screen() {
  const { t } = useLingui();
  const id = usePathId();
  const query = useQuery({
    queryKey: replayKey(id),
    queryFn: ({ signal }) => readReplay(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? lookEveryMs : false),
    // The title of a tab behind says how far it is.
    refetchIntervalInBackground: true,
  });
  const replay = query.data;
  const percent = replay === undefined ? null : progressOf(replay, query.dataUpdatedAt).percent;
  return (
    <Page
      title={t`Replay`}
      part={percent === null ? '' : `${percent} %`}
      beside={replay && <ReplayStatus replay={replay} />}
      actions={
        <Link to="/replays">
          <Trans>All replays</Trans>
        </Link>
      }
    >
      <Loaded query={query} lines={10}>
        {(shown) => (
          <div className={styles.parts}>
            <Progress replay={shown} at={query.dataUpdatedAt} />
            {!shown.dryRun && shown.startedAt !== null && <ReplayEffect replay={shown} />}
            <Section title={t`What is sent again`}>
              <ReplayFilterFacts replay={shown} />
            </Section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** @param at when it was read, Unix milliseconds */
function Progress({ replay, at }: { readonly replay: Replay; readonly at: number }) {
  const { t } = useLingui();
  const mayReplay = useMay('replays.write');
  const [isAsking, setIsAsking] = useState(false);
  const { total, done, skipped, error, dryRun } = replay;
  const { looked, percent, perSecond, leftMs } = progressOf(replay, at);
  const isOver = !isUnderWay(replay);
  return (
    <Section title={t`Progress`}>
      <p className={styles.sentence}>
        <Sentence replay={replay} />
      </p>
      {error !== null && (
        <p role="alert" className={styles.warning}>
          <StrangerText text={error} />
        </p>
      )}
      {!dryRun && (
        <progress
          aria-label={t`Replay progress`}
          className={styles.progress}
          // Without a value it says that nobody knows how far it is.
          {...(percent !== null && { max: 100, value: percent })}
        />
      )}
      <dl className={styles.facts}>
        <Fact name={t`Sent`}>
          <CountedNumber value={done} />
        </Fact>
        <Fact name={t`Skipped`}>
          <CountedNumber value={skipped} />
        </Fact>
        <Fact name={t`Total`}>{total === null ? t`not counted` : <CountedNumber value={total} />}</Fact>
        <Fact name={t`Per second`}>{perSecond === null ? '–' : <CountedNumber value={perSecond} digits={1} />}</Fact>
        {!isOver && <Fact name={t`Time left`}>{leftMs === null ? '–' : <Duration ms={leftMs} />}</Fact>}
      </dl>
      {skipped > 0 && (
        <p className={styles.soft}>
          <Trans>
            Skipped are those whose webhook is disabled or deleted, whose filter does not want the event, or whose event
            is kept no longer.
          </Trans>
        </p>
      )}
      {!isOver && mayReplay && (
        <div className={reading.actions}>
          <Button
            look="danger"
            onClick={() => {
              setIsAsking(true);
            }}
          >
            <Trans>Cancel replay</Trans>
          </Button>
        </div>
      )}
      {isAsking && (
        <CancelDialog
          id={replay.id}
          sent={done}
          left={total === null ? null : Math.max(0, total - looked)}
          onClose={() => {
            setIsAsking(false);
          }}
        />
      )}
    </Section>
  );
}

function Sentence({ replay }: { readonly replay: Replay }) {
  const { status, createdAt, startedAt, finishedAt, dryRun, total } = replay;
  if (dryRun) {
    return total === null ? (
      <Trans>Only looked at: nothing was sent.</Trans>
    ) : (
      <Plural
        value={total}
        one="Only counted: # delivery would be sent again. Nothing was sent."
        other="Only counted: # deliveries would be sent again. Nothing was sent."
      />
    );
  }
  switch (status) {
    case 'pending':
      return (
        <Trans>
          Asked for <Time at={createdAt} />, begins in a moment.
        </Trans>
      );
    case 'running':
      return (
        <Trans>
          Sending since <Time at={startedAt} />.
        </Trans>
      );
    case 'finished':
      return (
        <Trans>
          All of it was sent, <Time at={finishedAt} />.
        </Trans>
      );
    case 'cancelled':
      return (
        <Trans>
          Cancelled <Time at={finishedAt} />. What was sent stays sent.
        </Trans>
      );
    case 'failed':
      return (
        <Trans>
          Broke off <Time at={finishedAt} />. What was sent stays sent.
        </Trans>
      );
  }
}

interface CancelDialogProps {
  readonly id: string;
  readonly sent: number;
  /** Null: nobody counted. */
  readonly left: number | null;
  readonly onClose: () => void;
}

function CancelDialog({ id, sent, left, onClose }: CancelDialogProps) {
  const { t } = useLingui();
  const cancel = useAction((header) =>
    dataOf(api.POST('/v1/replays/{id}/cancel', { params: { path: { id }, header }, body: {} })),
  );
  return (
    <Confirmation
      title={<Trans>Cancel replay?</Trans>}
      actionLabel={<Trans>Cancel replay</Trans>}
      look="danger"
      isBusy={cancel.isBusy}
      error={cancel.error}
      onCancel={onClose}
      onConfirm={() => {
        void cancel.run(async () => {
          await queryClient.invalidateQueries({ queryKey: replayKey(id) });
          tell(t`The replay was cancelled`);
          onClose();
        });
      }}
    >
      <p>
        <Plural value={sent} one="# delivery was sent and stays sent." other="# deliveries were sent and stay sent." />{' '}
        {left !== null && <Plural value={left} one="# more is not sent." other="# more are not sent." />}
      </p>
    </Confirmation>
  );
}
