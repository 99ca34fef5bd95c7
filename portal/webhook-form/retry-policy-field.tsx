/** How often and when to try again, drawn: each attempt on a line from the first to the last. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useSettings } from '../api/settings.ts';
import { Field } from '../elements/field.tsx';
import { durationText } from '../elements/time-text.ts';
import { useIntlName } from '../elements/time.tsx';
import { attemptTimes, usualPolicy } from './attempt-times.ts';
import type { FormProps } from './webhook-form.tsx';
import reading from '../style/reading.module.css';
import styles from './webhook-form.module.css';

type Name = 'maxAttempts' | 'baseDelayMs' | 'backoffFactor' | 'maxDelayMs';

export function RetryPolicyField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  const defaults = useSettings()?.retryPolicy.default ?? usualPolicy;
  const field = (name: Name, label: string) => (
    <Field label={label} error={errors[name]}>
      {(ids) => (
        <input
          {...ids}
          type="text"
          inputMode="numeric"
          value={values[name]}
          placeholder={String(defaults[name])}
          autoComplete="off"
          onChange={({ target }) => {
            change({ [name]: target.value });
          }}
        />
      )}
    </Field>
  );
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>
        <Trans>Retry policy</Trans>
      </legend>
      <div className={styles.columns}>
        {field('maxAttempts', t`Attempts`)}
        {field('baseDelayMs', t`First delay (ms)`)}
        {field('backoffFactor', t`Factor`)}
        {field('maxDelayMs', t`Longest delay (ms)`)}
      </div>
      <Drawing times={attemptTimes(values, defaults)} />
    </fieldset>
  );
}

const width = 600;
const height = 40;

/** By the logarithm of time: seconds and days on one line. */
function placeOf(ms: number, last: number): number {
  if (last === 0) return 0;
  return Math.log10(1 + ms / 1000) / Math.log10(1 + last / 1000);
}

function Drawing({ times }: { readonly times: readonly number[] | null }) {
  const { t } = useLingui();
  const language = useIntlName();
  if (times === null) return null;
  const last = times.at(-1) ?? 0;
  const span = durationText(last, language);
  const said = times.map((at) => (at === 0 ? t`at once` : durationText(at, language)));
  return (
    <figure className={styles.drawing}>
      <svg viewBox={`-10 0 ${width + 20} ${height}`} aria-hidden="true" className={styles.line}>
        <line x1={0} y1={height / 2} x2={width} y2={height / 2} className={styles.axis} />
        {times.map((at) => (
          <circle key={at} cx={placeOf(at, last) * width} cy={height / 2} r={5} className={styles.dot} />
        ))}
      </svg>
      <figcaption className={reading.soft}>
        {times.length === 1 ? (
          <Trans>One attempt: nothing is tried again.</Trans>
        ) : (
          <>
            <Plural value={times.length} one="# attempt" other="# attempts" /> <Trans>within {span}:</Trans>{' '}
            {said.join(' · ')}
          </>
        )}
      </figcaption>
    </figure>
  );
}
