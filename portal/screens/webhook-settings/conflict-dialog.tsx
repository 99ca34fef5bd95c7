/** Somebody else changed the webhook meanwhile: what they changed beside what one changed oneself. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { readAudit } from '../../audit/audit.ts';
import { differences } from '../../audit/differences.ts';
import { Button } from '../../elements/button.tsx';
import { DataTable } from '../../elements/data-table.tsx';
import { Dialog, DialogActions } from '../../elements/dialog.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import type { Webhook } from '../../webhook/webhook.ts';

export interface ConflictDialogProps {
  readonly base: Webhook;
  readonly theirs: Webhook;
  readonly mine: Readonly<Record<string, unknown>>;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
  readonly onClose: () => void;
}

export function ConflictDialog({ base, theirs, mine, onKeepMine, onTakeTheirs, onClose }: ConflictDialogProps) {
  const { t } = useLingui();
  const { data } = useQuery({
    queryKey: ['audit', 'newest', theirs.id, theirs.version],
    queryFn: ({ signal }) => readAudit({ objectId: theirs.id, limit: 1 }, signal),
  });
  const last = data?.data[0];
  const who = last === undefined ? null : (last.actor.name ?? last.actor.id);
  // How it is doing is nobody's change.
  const rows = differences({ ...base, health: undefined }, { ...theirs, health: undefined });
  return (
    <Dialog title={<Trans>This webhook was changed meanwhile</Trans>} onClose={onClose}>
      {last !== undefined && who !== null && (
        <p>
          <StrangerText text={who} />, <Time at={last.at} />
        </p>
      )}
      <h3>
        <Trans>Their change</Trans>
      </h3>
      <DataTable
        label={t`Their change`}
        rows={rows}
        keyOf={({ path }) => path}
        columns={[
          { id: 'field', head: t`Field`, cell: ({ path }) => <StrangerText text={path} isCode /> },
          { id: 'before', head: t`Before`, cell: ({ before }) => <StrangerText text={textOf(before)} isCode /> },
          { id: 'after', head: t`After`, cell: ({ after }) => <StrangerText text={textOf(after)} isCode /> },
        ]}
      />
      <h3>
        <Trans>Your change</Trans>
      </h3>
      <DataTable
        label={t`Your change`}
        rows={Object.entries(mine)}
        keyOf={([name]) => name}
        columns={[
          { id: 'field', head: t`Field`, cell: ([name]) => <StrangerText text={name} isCode /> },
          { id: 'value', head: t`Value`, cell: ([, value]) => <StrangerText text={textOf(value)} isCode /> },
        ]}
      />
      <DialogActions>
        <Button onClick={onTakeTheirs}>
          <Trans>Take theirs</Trans>
        </Button>
        <Button look="main" onClick={onKeepMine}>
          <Trans>Keep mine</Trans>
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function textOf(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value);
}
