/** The links to the screens, as their folders name them. */
import { useLingui } from '@lingui/react';
import { useLingui as useTexts } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import styles from './navigation.module.css';
import { linkedScreens } from './screen.ts';

export function Navigation({ onFollow }: { readonly onFollow: () => void }) {
  const { t } = useTexts();
  const { i18n } = useLingui();
  return (
    <nav aria-label={t`Main`}>
      <ul className={styles.links}>
        {linkedScreens.map(({ path, link: { label, icon: Icon } }) => (
          <li key={path}>
            <Link
              to={path}
              activeOptions={{ exact: path === '/', includeSearch: false }}
              className={styles.link}
              onClick={onFollow}
            >
              <Icon size={18} aria-hidden />
              {i18n._(label)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
