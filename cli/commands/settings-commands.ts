import { changeableSettings } from '../../libs/domain/webhook/changed-settings.ts';
import { apiCall } from '../api-call.ts';
import type { Command } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { objectLines, showCommand } from '../resource-commands.ts';

const path = '/v1/settings';

const settingsSet: Command = {
  name: 'settings set',
  summary: 'Changes settings that need no restart, for everybody and within a second.',
  operands: '<setting>=<value>…',
  operandsMin: 1,
  operandsMax: 50,
  options: {},
  notes: [
    'For operators. A setting is named as `changeable` of settings show names it; null takes it back to what the environment says. Webhooks that exist keep the policy, deadline and algorithm that they have.',
  ],
  examples: [
    'settings set /timeoutMs/default=8000',
    'settings set /autoDisable/failureThreshold=50 /autoDisable/minMinutes=null --json',
  ],
  needsApi: true,
  run: async ({ operands, settings, terminal, signal }) => {
    const call = { method: 'patch', path, params: {}, body: patchOf(operands) } as const;
    const answer = (await apiCall(settings.api(signal), call)) as Readonly<Record<string, unknown>>;
    terminal.show(answer, () => objectLines(answer));
  },
};

/** From `/a/b=1` to `{ a: { b: 1 } }`. What is no JSON is a word. @throws CliFailure usage */
function patchOf(operands: readonly string[]): object {
  const patch = {};
  for (const operand of operands) {
    const [, pointer, text] = /^((?:\/[A-Za-z]+)+)=(.*)$/s.exec(operand) ?? [];
    if (pointer === undefined || text === undefined) {
      throw new CliFailure('usage', `'${operand}' is not /name/of/a/setting=value. See settings set --help.`);
    }
    const within = changeableSettings.filter((name) => name.startsWith(`${pointer}/`));
    if (within.length > 0) {
      throw new CliFailure(
        'usage',
        `'${pointer}' is not one setting: name those that are meant, of ${within.join(', ')}.`,
      );
    }
    const names = pointer.slice(1).split('/');
    let at: Record<string, unknown> = patch;
    for (const name of names.slice(0, -1)) {
      const below = at[name];
      const next = typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : {};
      at[name] = next;
      at = next;
    }
    at[names.at(-1) ?? ''] = valueOf(text);
  }
  return patch;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const settingsCommands: readonly Command[] = [
  showCommand({
    name: 'settings show',
    summary: 'Shows the limits and defaults of this installation.',
    path,
    examples: ['settings show --json'],
  }),
  settingsSet,
];
