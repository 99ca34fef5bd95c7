/** Which events: types of the catalogue, prefixes, all, or whatever is typed. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Field } from '../elements/field.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { useEventTypesOffered } from './event-types-offered.ts';
import type { FormProps } from './webhook-form.tsx';
import styles from './webhook-form.module.css';

export function EventTypesField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  const types = useEventTypesOffered();
  const chosen = values.eventTypes.split(/[\s,]+/).filter((type) => type !== '');
  const offered = [...new Set(['*', ...types.flatMap(({ type }) => [`${type.split('.')[0] ?? type}.*`, type])])];
  const add = (type: string) => {
    change({ eventTypes: [...chosen.filter((one) => one !== type), type].join(', ') });
  };
  return (
    <Field
      label={t`Event types`}
      hint={t`Separated by commas: types, prefixes such as order.*, or * for all. Notices (webhook.*) have to be named.`}
      error={errors.eventTypes}
    >
      {(ids) => (
        <>
          <input
            {...ids}
            type="text"
            list={`${ids.id}-offered`}
            value={values.eventTypes}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => {
              change({ eventTypes: target.value });
            }}
          />
          <datalist id={`${ids.id}-offered`}>
            {offered.map((type) => (
              <option key={type} value={type} />
            ))}
          </datalist>
          {types.length > 0 && (
            <details>
              <summary>
                <Trans>Choose from the catalogue</Trans>
              </summary>
              <ul className={styles.choices}>
                {types.map(({ type, deprecated, description }) => (
                  <li key={type}>
                    <label className={styles.check}>
                      <input
                        type="checkbox"
                        checked={chosen.includes(type)}
                        onChange={({ target }) => {
                          if (target.checked) add(type);
                          else change({ eventTypes: chosen.filter((one) => one !== type).join(', ') });
                        }}
                      />
                      <span>
                        <StrangerText text={type} isCode /> {deprecated && <Trans>(deprecated)</Trans>}{' '}
                        {description !== null && <StrangerText text={description} />}
                      </span>
                    </label>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </Field>
  );
}
