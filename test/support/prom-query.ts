/** What a PromQL query asks for, by the grammar that Prometheus's own editor has. */
import { parser } from '@prometheus-io/lezer-promql';

export interface PromQuery {
  /** Series that it selects, with the labels that it compares. */
  readonly selected: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels by which it groups or matches. */
  readonly grouping: readonly string[];
}

/** @throws for what is no PromQL, with the place */
export function parseQuery(text: string): PromQuery {
  const selected: { name: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      const own = text.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
      if (type.name === 'Identifier') selected.push({ name: own, labels: [] });
      if (type.name !== 'LabelName') return;
      if (node.parent?.name === 'GroupingLabels') grouping.push(own);
      else selected.at(-1)?.labels.push(own);
    },
  });
  return { selected, grouping };
}
