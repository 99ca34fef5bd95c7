/** Puts a text on the clipboard and says so. Where the browser refuses, it says that too. */
import { useLingui } from '@lingui/react/macro';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { tell } from './notices.tsx';

export interface CopyButtonProps {
  readonly text: string | (() => string | Promise<string>);
  readonly children: ReactNode;
}

export function CopyButton({ text, children }: CopyButtonProps) {
  const { t } = useLingui();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
      tell(t`Copied`);
    } catch {
      tell(t`The browser does not let this page copy: select the text and copy it yourself`);
    }
  };
  return (
    <Button
      onClick={() => {
        void copy();
      }}
    >
      <Copy size={16} aria-hidden />
      {children}
    </Button>
  );
}
