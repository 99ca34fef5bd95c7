/** Shows what a client, a producer or an endpoint wrote: as text, on its own direction, never as a link. */
import styles from './stranger-text.module.css';
import { visibleParts } from './visible-text.ts';

export interface StrangerTextProps {
  readonly text: string;
  readonly isCode?: boolean;
  /** It is alone in a cell or in a link of a list, which keeps its direction apart: no element of its own. */
  readonly isBare?: boolean;
}

export function StrangerText({ text, isCode = false, isBare = false }: StrangerTextProps) {
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
  if (isBare) return shown;
  return isCode ? <code>{shown}</code> : <bdi>{shown}</bdi>;
}
