/** Buttons, and links that look like them. */
import { createLink, type LinkComponent } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, Ref } from 'react';
import styles from './button.module.css';

export type ButtonLook = 'plain' | 'main' | 'danger' | 'quiet';

export function classOfButton(look: ButtonLook): string {
  return `${styles.button ?? ''} ${styles[look] ?? ''}`;
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  /** It stays where it is and takes no second click while its work is under way. */
  readonly isBusy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', isBusy = false, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      // Every button here is a plain one unless it says otherwise.
      type={type}
      className={classOfButton(look)}
      aria-disabled={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly look?: ButtonLook;
  readonly ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ look = 'plain', ...rest }: AnchorProps) {
  return <a {...rest} className={classOfButton(look)} />;
}

const RoutedAnchor = createLink(Anchor);

export const ButtonLink: LinkComponent<typeof Anchor> = (props) => <RoutedAnchor {...props} />;
