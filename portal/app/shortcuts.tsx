/** Keys: `/` finds, `g` and a letter goes to a screen, `j`, `k` and Enter move in lists, `?` shows all of them. */
import { useLingui } from '@lingui/react';
import { Trans } from '@lingui/react/macro';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Dialog, DialogActions } from '../elements/dialog.tsx';
import { prefer, preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import { findFieldName } from './find-by-id.tsx';
import { linkedScreens } from './screen.ts';
import styles from './shortcuts.module.css';

/** How long `g` waits for its letter. */
const letterMs = 1_500;

export function Shortcuts() {
  const navigate = useNavigate();
  const { hasShortcuts } = useObserved(preferences);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    let goUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (event.key === '?') setShown(true);
      else if (!hasShortcuts) return;
      else if (performance.now() < goUntil) {
        goUntil = 0;
        const screen = linkedScreens.find(({ link }) => link.shortcut === event.key);
        if (screen === undefined) return;
        void navigate({ to: screen.path });
      } else if (event.key === 'g') goUntil = performance.now() + letterMs;
      else if (event.key === '/') document.querySelector<HTMLElement>(`input[name='${findFieldName}']`)?.focus();
      else if (event.key === 'j' || event.key === 'k') moveInList(event.key === 'j' ? 1 : -1);
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, [hasShortcuts, navigate]);
  if (!isShown) return null;
  const close = () => {
    setShown(false);
  };
  return (
    <Dialog title={<Trans>Keyboard shortcuts</Trans>} onClose={close}>
      <ShortcutList />
      <label className={styles.switch}>
        <input
          type="checkbox"
          checked={hasShortcuts}
          onChange={(event) => {
            prefer({ hasShortcuts: event.target.checked });
          }}
        />
        <Trans>Use keyboard shortcuts</Trans>
      </label>
      <DialogActions>
        <Button onClick={close}>
          <Trans>Close</Trans>
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ShortcutList() {
  const { i18n } = useLingui();
  return (
    <dl className={styles.list}>
      <dt>
        <kbd>/</kbd>
      </dt>
      <dd>
        <Trans>Find by ID</Trans>
      </dd>
      <dt>
        <kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd>
      </dt>
      <dd>
        <Trans>Next row, row before, open it</Trans>
      </dd>
      {linkedScreens.map(({ path, link }) => (
        <div key={path} className={styles.pair}>
          <dt>
            <kbd>g</kbd> <kbd>{link.shortcut}</kbd>
          </dt>
          <dd>{i18n._(link.label)}</dd>
        </div>
      ))}
      <dt>
        <kbd>?</kbd>
      </dt>
      <dd>
        <Trans>This list</Trans>
      </dd>
    </dl>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** The link of each row has the focus in turn; Enter is then the link's own. */
function moveInList(step: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('tr[data-row]')].map((row) => row.querySelector('a'));
  const rows = links.filter((link) => link !== null);
  const present = rows.findIndex((link) => link.closest('tr')?.contains(document.activeElement) === true);
  const next = present === -1 ? (step > 0 ? 0 : rows.length - 1) : present + step;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}
