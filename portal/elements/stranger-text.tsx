/** Shows what a client, a producer or an endpoint wrote: as text, on its own direction, never as a link. */
import styles from './stranger-text.module.css';
import { visibleParts } from './visible-text.ts';

export function StrangerText({ text, isCode = false }: { readonly text: string; readonly isCode?: boolean }) {
  const parts = visibleParts(text);
  const shown = parts.map(({ text: part, isMark }, index) =>
    isMark ? (
      // Parts of one text stay where they are.
      // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
      <mark key={index} className={styles.mark}>
        {part}
      </mark>
    ) : (
      part
    ),
  );
  return isCode ? <code>{shown}</code> : <bdi>{shown}</bdi>;
}
