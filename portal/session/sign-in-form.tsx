/** The field for a key or a token, on the page for signing in and in the dialog at the end of a session. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Field } from '../elements/field.tsx';
import { ProblemAlert } from '../elements/problem-alert.tsx';
import styles from './sign-in-form.module.css';
import { signIn } from './sign-in.ts';

export interface SignInFormProps {
  readonly onDone?: () => void;
}

export function SignInForm({ onDone }: SignInFormProps) {
  const { t } = useLingui();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    if (typed.trim() === '' || isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await signIn(typed);
      setTyped('');
      onDone?.();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label={t`API key or portal token`}>
        {(ids) => (
          <input
            {...ids}
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
            }}
          />
        )}
      </Field>
      {error !== null && <ProblemAlert error={error} />}
      <Button type="submit" look="main" isBusy={isBusy}>
        <Trans>Sign in</Trans>
      </Button>
    </form>
  );
}
