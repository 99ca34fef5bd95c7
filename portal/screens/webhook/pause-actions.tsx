/** A webhook is paused, and sent to again. */
import { Trans, useLingui } from '@lingui/react/macro';
import { api, dataOf } from '../../api/api.ts';
import { useAction } from '../../api/action.ts';
import { Button } from '../../elements/button.tsx';
import { Confirmation } from '../../elements/dialog.tsx';
import { tell } from '../../elements/notices.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';

interface PausedProps {
  readonly id: string;
  /** What the page shows of the webhook. */
  readonly readAgain: (id: string) => Promise<void>;
}

export function ResumeButton({ id, readAgain }: PausedProps) {
  const { t } = useLingui();
  const resume = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/resume', { params: { path: { id }, header } })),
  );
  return (
    <>
      <Button
        look="main"
        isBusy={resume.isBusy}
        onClick={() => {
          void resume.run(async () => {
            tell(t`The webhook is resumed`);
            await readAgain(id);
          });
        }}
      >
        <Trans>Resume</Trans>
      </Button>
      {resume.error !== null && <ProblemAlert error={resume.error} />}
    </>
  );
}

export function PauseDialog({ id, readAgain, onClose }: PausedProps & { readonly onClose: () => void }) {
  const { t } = useLingui();
  const pause = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/pause', { params: { path: { id }, header }, body: {} })),
  );
  return (
    <Confirmation
      title={<Trans>Pause webhook?</Trans>}
      actionLabel={<Trans>Pause</Trans>}
      isBusy={pause.isBusy}
      error={pause.error}
      onCancel={onClose}
      onConfirm={() => {
        void pause.run(async () => {
          tell(t`The webhook is paused`);
          await readAgain(id);
          onClose();
        });
      }}
    >
      <p>
        <Trans>
          Nothing is sent to it until it is resumed. What comes for it waits in its order, and none of it ends.
        </Trans>
      </p>
      <p>
        <Trans>A pause ends by itself before what waits would be too old.</Trans>
      </p>
    </Confirmation>
  );
}
