/** A webhook is rewound: counted first, then begun. While it goes on, its replay is named. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { Button } from '../../elements/button.tsx';
import { Confirmation } from '../../elements/dialog.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { Time } from '../../elements/time.tsx';
import { MomentField } from '../../webhook-form/moment-field.tsx';
import type { Webhook } from '../../webhook/webhook.ts';

const hourMs = 3_600_000;

/** Nothing while it is not rewound. */
export function RewindNote({ rewind }: Pick<Webhook, 'rewind'>) {
  if (rewind === null) return null;
  return (
    <p role="status">
      <Trans>
        It is being rewound to <Time at={rewind.to} />: new events wait until the earlier ones are on their way.
      </Trans>{' '}
      <Link to="/replays/$id" params={{ id: rewind.replayId }}>
        <Trans>How far it is</Trans>
      </Link>
    </p>
  );
}

interface Counted {
  readonly to: string;
  readonly total: number | null;
  readonly reachesBackTo: string | null;
}

export interface RewindDialogProps {
  readonly id: string;
  /** What the page shows of the webhook. */
  readonly readAgain: (id: string) => Promise<void>;
  readonly onClose: () => void;
}

export function RewindDialog({ id, readAgain, onClose }: RewindDialogProps) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [to, setTo] = useState(() => new Date(Date.now() - hourMs).toISOString());
  const [counted, setCounted] = useState<Counted | null>(null);
  const rewindWith = (body: { to: string; dryRun?: boolean }) => (header: { 'Idempotency-Key': string }) =>
    dataOf(api.POST('/v1/webhooks/{id}/rewind', { params: { path: { id }, header }, body }));
  const count = useAction(rewindWith({ to, dryRun: true }), to);
  const rewind = useAction(rewindWith({ to }), to);
  // Another moment is counted anew.
  const known = counted?.to === to ? counted : null;
  return (
    <Confirmation
      title={<Trans>Rewind webhook?</Trans>}
      actionLabel={<Trans>Rewind</Trans>}
      isBusy={rewind.isBusy}
      error={rewind.error}
      isReady={known !== null}
      onCancel={onClose}
      onConfirm={() => {
        void rewind.run(async (replay) => {
          tell(t`The webhook is being rewound`);
          await readAgain(id);
          onClose();
          await navigate({ to: '/replays/$id', params: { id: replay.id } });
        });
      }}
    >
      <p>
        <Trans>
          It gets every event of this time or later that it is for, also those that it got before. New events come after
          them.
        </Trans>
      </p>
      <MomentField label={t`Back to`} value={to} onChange={setTo} />
      <Button
        isBusy={count.isBusy}
        disabled={to === ''}
        onClick={() => {
          void count.run(({ total, reachesBackTo }) => {
            setCounted({ to, total, reachesBackTo });
          });
        }}
      >
        <Trans>Count events</Trans>
      </Button>
      {count.error !== null && <ProblemAlert error={count.error} />}
      <div role="status">{known !== null && <Found counted={known} />}</div>
    </Confirmation>
  );
}

function Found({ counted: { to, total, reachesBackTo } }: { readonly counted: Counted }) {
  return (
    <>
      <p>
        {total === null ? (
          <Trans>They are too many to count quickly.</Trans>
        ) : (
          <Plural
            value={total}
            one="# event, before its filter is asked."
            other="# events, before its filter is asked."
          />
        )}
      </p>
      {reachesBackTo !== null && Date.parse(reachesBackTo) > Date.parse(to) && (
        <p>
          <Trans>
            What is older than <Time at={reachesBackTo} /> is not in the history any more.
          </Trans>
        </p>
      )}
    </>
  );
}
