/** A long text with what is looked for marked, and nothing hidden in it. */
import { useMemo } from 'react';
import { visibleText } from '../../elements/visible-text.ts';

/** More marks than anybody looks at would make the page slow. */
const marksMax = 500;

export function HighlightedText({ text, sought }: { readonly text: string; readonly sought: string }) {
  const parts = useMemo(() => {
    const found = visibleText(text).split(sought);
    if (found.length - 1 <= marksMax) return found;
    return [...found.slice(0, marksMax), found.slice(marksMax).join(sought)];
  }, [text, sought]);
  return parts.map((part, index) => (
    // Parts of one text stay where they are.
    // eslint-disable-next-line @eslint-react/no-array-index-key -- see above
    <span key={index}>
      {index > 0 && <mark>{sought}</mark>}
      {part}
    </span>
  ));
}
