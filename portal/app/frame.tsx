/** Around every screen: header, navigation, banners, and the dialog at the end of a session. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { Menu } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Button } from '../elements/button.tsx';
import { SessionEnd, SessionEndsSoon } from '../session/session-end.tsx';
import { AccountMenu } from './account-menu.tsx';
import { ConnectionBanner, ConnectionLight } from './connection-banner.tsx';
import { FindById } from './find-by-id.tsx';
import styles from './frame.module.css';
import { Navigation } from './navigation.tsx';
import { usePageConfig } from './page-config.ts';
import { Shortcuts } from './shortcuts.tsx';
import { ZoneSwitch } from './zone-switch.tsx';

export function Frame({ isEnded, children }: { readonly isEnded: boolean; readonly children: ReactNode }) {
  const { t } = useLingui();
  const { brand } = usePageConfig();
  const mainId = useId();
  const main = useRef<HTMLElement>(null);
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const close = () => {
    setDrawerOpen(false);
  };
  useEffect(() => {
    if (!isDrawerOpen) return;
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') setDrawerOpen(false);
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, [isDrawerOpen]);
  return (
    <div className={styles.frame}>
      <a
        href={`#${mainId}`}
        className={styles.skip}
        onClick={(event) => {
          // The address belongs to the router.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        <Trans>Skip to content</Trans>
      </a>
      <header className={styles.header}>
        <span className={styles.drawerButton}>
          <Button
            look="quiet"
            aria-label={t`Menu`}
            aria-expanded={isDrawerOpen}
            onClick={() => {
              setDrawerOpen(!isDrawerOpen);
            }}
          >
            <Menu size={20} aria-hidden />
          </Button>
        </span>
        <Link to="/" className={styles.brand}>
          {brand.name}
        </Link>
        <FindById />
        <ConnectionLight />
        <ZoneSwitch />
        <AccountMenu />
      </header>
      <div className={styles.side} data-open={isDrawerOpen}>
        <Navigation onFollow={close} />
      </div>
      {isDrawerOpen && <div className={styles.veil} onClick={close} aria-hidden />}
      <main id={mainId} ref={main} tabIndex={-1} className={styles.main}>
        <ConnectionBanner />
        <SessionEndsSoon />
        {children}
      </main>
      {isEnded && <SessionEnd />}
      <Shortcuts />
    </div>
  );
}
