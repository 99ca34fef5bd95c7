/** Local time or UTC, for every time on every page. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useId, type ReactNode } from 'react';
import { prefer, preferences } from '../session/preferences.ts';
import { useObserved } from '../session/observed-value.ts';
import styles from './zone-switch.module.css';

export function ZoneSwitch() {
  const { t } = useLingui();
  const { timeZone } = useObserved(preferences);
  // The settings have one beside that of the header: with one name only one of all four could be chosen.
  const groupId = useId();
  const option = (zone: 'local' | 'utc', label: ReactNode) => (
    <label className={styles.option}>
      <input
        type="radio"
        name={groupId}
        checked={timeZone === zone}
        onChange={() => {
          prefer({ timeZone: zone });
        }}
      />
      {label}
    </label>
  );
  return (
    <div role="radiogroup" aria-label={t`Time zone`} className={styles.switch}>
      {option('local', <Trans>Local time</Trans>)}
      {option('utc', <Trans>UTC</Trans>)}
    </div>
  );
}
