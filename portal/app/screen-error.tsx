/** A screen that cannot be shown: it is not there, it fell over, or its code is gone because a newer one was installed. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Button } from '../elements/button.tsx';
import { Empty } from '../elements/states.tsx';
import { ProblemAlert } from '../elements/problem-alert.tsx';
import { Page } from './page.tsx';

/** As browsers say that a module did not come. */
const missingModule = /dynamically imported module|Importing a module script failed|preload CSS/i;

export function ScreenError({ error, reset }: ErrorComponentProps) {
  const { t } = useLingui();
  if (error instanceof Error && missingModule.test(error.message)) {
    return (
      <Page title={t`New version`}>
        <div role="alert">
          <Empty title={<Trans>A new version of this page is there</Trans>}>
            <p>
              <Trans>What you typed on this page and did not save is gone when you reload.</Trans>
            </p>
            <Button
              look="main"
              onClick={() => {
                location.reload();
              }}
            >
              <Trans>Reload</Trans>
            </Button>
          </Empty>
        </div>
      </Page>
    );
  }
  return (
    <Page title={t`This page fell over`}>
      <ProblemAlert error={error} onRetry={reset} />
    </Page>
  );
}

export function NoSuchPage() {
  const { t } = useLingui();
  return (
    <Page title={t`No such page`}>
      <Empty title={<Trans>Nothing is at this address</Trans>}>
        <Link to="/">
          <Trans>Go to the overview</Trans>
        </Link>
      </Empty>
    </Page>
  );
}
