/** Counts what a replay would send, names what it would pass over, and begins it. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { Section } from '../../app/page.tsx';
import { Button } from '../../elements/button.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { Endpoint } from '../../webhook/endpoint.tsx';
import type { NewReplayFilter } from './replay-draft.ts';
import type { Replay } from './replay.ts';
import { readSkipping, type Skipping } from './skipping-webhooks.ts';
import reading from '../../style/reading.module.css';
import styles from './replays.module.css';

export interface Draft {
  readonly clientId?: string;
  readonly filter: NewReplayFilter;
}

interface Counted {
  readonly replay: Replay;
  readonly skipping: readonly Skipping[];
}

export interface ReplayPreviewProps {
  readonly draft: Draft;
  /** Null: what stands in the field is none. */
  readonly pacePerSecond: number | null;
}

export function ReplayPreview({ draft, pacePerSecond }: ReplayPreviewProps) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [counted, setCounted] = useState<Counted | null>(null);
  const preview = useAction(async (header): Promise<Counted> => {
    const dry = { ...draft, dryRun: true };
    const replay = await dataOf(api.POST('/v1/replays', { params: { header }, body: dry }));
    return { replay, skipping: await readSkipping(draft.filter, replay.clientId) };
  }, draft);
  const { filter } = draft;
  // What came after it was counted was not agreed to.
  const to = filter.to ?? counted?.replay.createdAt;
  const body = {
    ...draft,
    filter: { ...filter, ...(to !== undefined && { to }) },
    ...(pacePerSecond !== null && { pacePerSecond }),
  };
  const start = useAction((header) => dataOf(api.POST('/v1/replays', { params: { header }, body })), body);
  return (
    <>
      <div className={reading.actions}>
        <Button
          isBusy={preview.isBusy}
          onClick={() => {
            void preview.run(setCounted);
          }}
        >
          <Trans>Preview</Trans>
        </Button>
        <Button
          look="main"
          disabled={pacePerSecond === null || counted?.replay.total === 0}
          isBusy={start.isBusy}
          onClick={() => {
            void start.run(async ({ id }) => {
              tell(t`The replay was started`);
              await navigate({ to: '/replays/$id', params: { id } });
            });
          }}
        >
          <Trans>Start replay</Trans>
        </Button>
      </div>
      {preview.error !== null && <ProblemAlert error={preview.error} />}
      {start.error !== null && <ProblemAlert error={start.error} />}
      <div role="status">{counted !== null && <Found counted={counted} />}</div>
    </>
  );
}

function Found({ counted: { replay, skipping } }: { readonly counted: Counted }) {
  const { t } = useLingui();
  const { total } = replay;
  return (
    <Section title={t`Preview`}>
      <p className={styles.count}>
        {total === null ? (
          <Trans>There are more than could be counted in time.</Trans>
        ) : (
          <Plural value={total} one="# delivery would be sent again" other="# deliveries would be sent again" />
        )}
      </p>
      {skipping.length > 0 && (
        <>
          <p>
            <Trans>Skipped of these, as long as their webhooks are disabled:</Trans>
          </p>
          <ul className={styles.skipping}>
            {skipping.map(({ id, url, count }) => (
              <li key={id}>
                <Link to="/webhooks/$id" params={{ id }}>
                  <Endpoint url={url} />
                </Link>
                {count !== null && <Plural value={count} one="# delivery" other="# deliveries" />}
              </li>
            ))}
          </ul>
        </>
      )}
      <p className={styles.soft}>
        <Trans>
          The same ids and bodies, signed anew, each with all its attempts, in the order of events. What comes after
          this count is not sent.
        </Trans>
      </p>
    </Section>
  );
}
