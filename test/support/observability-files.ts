/** deploy/prometheus and deploy/grafana as data: rules, their tests, and the queries of dashboards. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './source-tree.ts';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Query {
  /** Where it stands, in words. */
  readonly place: string;
  readonly expr: string;
}

export const ruleFiles = ['deploy/prometheus/recording.yml', 'deploy/prometheus/alerts.yml'];
export const ruleTests = 'deploy/prometheus/tests/rules.yml';

export function rules(): readonly Rule[] {
  return ruleFiles.flatMap((path) => {
    const { groups } = parse(textOf(path)) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
}

export interface RuleTest {
  readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
}

export function testsOfRules(): readonly RuleTest[] {
  return (parse(textOf(ruleTests)) as { tests: RuleTest[] }).tests;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export interface Dashboard {
  readonly path: string;
  readonly panels: readonly (Panel & { id: number; gridPos: { x: number; y: number; w: number; h: number } })[];
}

export function dashboards(): readonly Dashboard[] {
  return globSync('deploy/grafana/dashboards/*.json', { cwd: repositoryRoot }).map((path) => ({
    path,
    panels: (JSON.parse(textOf(path)) as Dashboard).panels,
  }));
}

/** Every query there is, of rules and of panels. */
export function queries(): readonly Query[] {
  return [
    ...rules().map(({ record, alert, expr }) => ({ place: record ?? alert ?? '', expr })),
    ...dashboards().flatMap(({ path, panels }) =>
      panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ place: `${path}: ${title}`, expr }))),
    ),
  ];
}

function textOf(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}
