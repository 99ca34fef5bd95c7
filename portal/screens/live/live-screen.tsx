/** Outcomes as they happen, newest first, of what the address asks for. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Page } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { useDeliveryStatusNames } from '../../delivery/delivery-status.tsx';
import { Button } from '../../elements/button.tsx';
import { FilterBar, SelectFilter, TextFilter } from '../../elements/filter-bar.tsx';
import { Empty } from '../../elements/states.tsx';
import { Time } from '../../elements/time.tsx';
import { Unseen } from '../../elements/unseen.tsx';
import { visibleText } from '../../elements/visible-text.ts';
import { useWebhookUrls } from '../../webhook/webhooks-at-hand.ts';
import { rowsMax } from './kept-rows.ts';
import { LiveTable } from './live-table.tsx';
import type { Gap } from './live-stream.ts';
import { StreamStatus } from './stream-status.tsx';
import { useLiveOutcomes } from './use-live-outcomes.ts';
import reading from '../../style/reading.module.css';
import styles from './live.module.css';

const filterNames = ['webhook', 'type', 'outcome'] as const;

export function Screen() {
  const { t } = useLingui();
  const { get } = useSearchState();
  const urls = useWebhookUrls();
  const { pending: _none, ...outcomes } = useDeliveryStatusNames();
  const query = { webhookId: get('webhook'), eventType: get('type'), outcome: get('outcome') };
  return (
    <Page title={t`Live`}>
      <FilterBar names={filterNames}>
        <SelectFilter
          name="webhook"
          label={t`Webhook`}
          options={[...urls].map(([id, url]) => [id, visibleText(url)] as const)}
        />
        <TextFilter name="type" label={t`Event type`} />
        <SelectFilter name="outcome" label={t`Outcome`} options={Object.entries(outcomes)} />
      </FilterBar>
      <Outcomes key={JSON.stringify(query)} query={query} />
    </Page>
  );
}

/** Null: it goes on. By scrolling: it goes on when one is back at the top. */
type Pause = 'asked' | 'scrolled' | null;

function Outcomes({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const [pause, setPause] = useState<Pause>(null);
  const { kept, came, state, gap, resume, retry } = useLiveOutcomes(query, pause !== null);
  const { shown, waiting, dropped } = kept;
  const goOn = () => {
    setPause(null);
    resume();
  };
  return (
    <>
      <div className={styles.bar}>
        <StreamStatus state={state} onRetry={retry} />
        {pause === null ? (
          <Button
            onClick={() => {
              setPause('asked');
            }}
          >
            <Trans>Pause</Trans>
          </Button>
        ) : (
          <Button look="main" onClick={goOn}>
            <Trans>Resume</Trans>
          </Button>
        )}
        {pause !== null && (
          <span className={styles.paused}>
            {pause === 'asked' ? <Trans>Paused</Trans> : <Trans>Paused while you look further down</Trans>}{' '}
            <Plural value={waiting.length} one="· # waits" other="· # wait" />
          </span>
        )}
        <Announcement came={came} />
      </div>
      {gap !== null && <GapNotice gap={gap} />}
      {shown.length === 0 ? (
        <Empty title={<Trans>Nothing happened since this page was opened</Trans>}>
          <p>
            <Trans>Each attempt to deliver shows here as it ends.</Trans>
          </p>
        </Empty>
      ) : (
        <LiveTable
          rows={shown}
          isFollowed={pause === null}
          onScrolled={(isAtTop) => {
            if (isAtTop && pause === 'scrolled') goOn();
            else if (!isAtTop && pause === null) setPause('scrolled');
          }}
        />
      )}
      {dropped > 0 && (
        <p className={reading.soft}>
          <Plural
            value={dropped}
            one={`# older one was dropped: no more than ${rowsMax} are kept.`}
            other={`# older ones were dropped: no more than ${rowsMax} are kept.`}
          />{' '}
          <Link to="/deliveries">
            <Trans>All deliveries</Trans>
          </Link>
        </p>
      )}
    </>
  );
}

function GapNotice({ gap: { from, until } }: { readonly gap: Gap }) {
  return (
    <p role="alert" className={styles.gap}>
      {from === null ? (
        <Trans>
          Some that ended before <Time at={until} /> may be missing here: the connection was away for too long.
        </Trans>
      ) : (
        <Trans>
          Some that ended between <Time at={from} /> and <Time at={until} /> may be missing here: the connection was
          away for too long.
        </Trans>
      )}{' '}
      <Link to="/deliveries">
        <Trans>All deliveries</Trans>
      </Link>
    </p>
  );
}

const announceEveryMs = 10_000;

/** Says how many came, no more often than one can listen to it. */
function Announcement({ came }: { readonly came: number }) {
  const [told, setTold] = useState({ came: 0, count: 0 });
  const present = useRef(came);
  useEffect(() => {
    present.current = came;
  }, [came]);
  useEffect(() => {
    const timer = setInterval(() => {
      setTold((before) =>
        present.current === before.came ? before : { came: present.current, count: present.current - before.came },
      );
    }, announceEveryMs);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return (
    <div aria-live="polite">
      <Unseen>{told.count > 0 && <Plural value={told.count} one="# new outcome" other="# new outcomes" />}</Unseen>
    </div>
  );
}
