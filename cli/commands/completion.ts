import type { Command } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { completionScript, shells } from '../completion-scripts.ts';

export const completion: Command = {
  name: 'completion',
  summary: 'Prints the script with which bash, zsh or fish completes commands and options.',
  operands: '<shell>',
  operandsMin: 1,
  operandsMax: 1,
  options: {},
  notes: [
    `Shells: ${shells.join(', ')}. bash reads it from /etc/bash_completion.d/deeperhub-webhooks, zsh from a file _deeperhub-webhooks in its fpath, fish from ~/.config/fish/completions/deeperhub-webhooks.fish.`,
  ],
  examples: ['completion bash', 'completion fish'],
  needsApi: false,
  run: async ({ operands: [name = ''], terminal }) => {
    const shell = shells.find((one) => one === name);
    if (shell === undefined)
      throw new CliFailure('usage', `There is no shell '${name}': there are ${shells.join(', ')}.`);
    const { commands } = await import('../commands.ts');
    terminal.raw(completionScript(shell, commands));
  },
};
