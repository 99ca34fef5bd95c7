import { StrangerText } from '../../elements/stranger-text.tsx';
import styles from './delivery-screen.module.css';

export interface HeaderListProps {
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function HeaderList({ title, headers }: HeaderListProps) {
  const entries = Object.entries(headers);
  if (entries.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl className={styles.headers}>
        {entries.map(([name, value]) => (
          <div key={name} className={styles.pair}>
            <dt>
              <StrangerText text={name} isCode />
            </dt>
            <dd>
              <StrangerText text={value} isCode />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
