/** One field that takes any id, or a part of a webhook's address, and goes to what it names. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Dialog, DialogActions } from '../elements/dialog.tsx';
import { ProblemAlert } from '../elements/problem-alert.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { findEverywhere, soughtMax, type Finding } from './find-everywhere.ts';
import styles from './find-by-id.module.css';

export const findFieldName = 'find';

type Search =
  | { readonly kind: 'none' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'found'; readonly sought: string; readonly findings: readonly Finding[] }
  | { readonly kind: 'failed'; readonly error: unknown };

export function FindById() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState<Search>({ kind: 'none' });
  const find = async () => {
    const sought = typed.trim();
    if (sought === '' || search.kind === 'busy') return;
    setSearch({ kind: 'busy' });
    try {
      const findings = await findEverywhere(sought);
      const [only] = findings;
      if (only === undefined || findings.length > 1) setSearch({ kind: 'found', sought, findings });
      else {
        setSearch({ kind: 'none' });
        setTyped('');
        await navigate({ to: only.to, params: only.params });
      }
    } catch (error) {
      setSearch({ kind: 'failed', error });
    }
  };
  const close = () => {
    setSearch({ kind: 'none' });
  };
  return (
    <>
      <form
        role="search"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void find();
        }}
      >
        <input
          type="search"
          name={findFieldName}
          aria-label={t`Find by ID`}
          placeholder={t`Find by ID`}
          autoComplete="off"
          spellCheck={false}
          maxLength={soughtMax}
          className={styles.field}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
          }}
        />
      </form>
      {search.kind === 'found' && <Findings {...search} onClose={close} />}
      {search.kind === 'failed' && (
        <Dialog title={<Trans>Find by ID</Trans>} onClose={close}>
          <ProblemAlert error={search.error} />
          <Closing onClose={close} />
        </Dialog>
      )}
    </>
  );
}

interface FindingsProps {
  readonly sought: string;
  readonly findings: readonly Finding[];
  readonly onClose: () => void;
}

function Findings({ sought, findings, onClose }: FindingsProps) {
  return (
    <Dialog title={<Trans>Find by ID</Trans>} onClose={onClose}>
      {findings.length === 0 ? (
        <p>
          <Trans>
            Nothing has the ID <StrangerText text={sought} isCode />. It was looked for among webhooks, deliveries,
            events and replays, and in the addresses of webhooks.
          </Trans>
        </p>
      ) : (
        <ul className={styles.findings}>
          {findings.map(({ kind, name, to, params }) => (
            <li key={`${to} ${name}`}>
              <Link to={to} params={params} onClick={onClose}>
                <KindName kind={kind} />: <StrangerText text={name} />
              </Link>
            </li>
          ))}
        </ul>
      )}
      <Closing onClose={onClose} />
    </Dialog>
  );
}

function Closing({ onClose }: { readonly onClose: () => void }) {
  return (
    <DialogActions>
      <Button onClick={onClose}>
        <Trans>Close</Trans>
      </Button>
    </DialogActions>
  );
}

function KindName({ kind }: Pick<Finding, 'kind'>) {
  switch (kind) {
    case 'webhook':
      return <Trans>Webhook</Trans>;
    case 'delivery':
      return <Trans>Delivery</Trans>;
    case 'event':
      return <Trans>Event</Trans>;
    case 'replay':
      return <Trans>Replay</Trans>;
  }
}
