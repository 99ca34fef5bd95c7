/** The secret of a webhook, from where it is least seen. */
import { readFileSync } from 'node:fs';
import type { CommandContext } from './command.ts';
import { CliFailure } from './failure.ts';

/** Null: none is given. @throws CliFailure usage */
export function webhookSecret({ given, settings }: Pick<CommandContext, 'given' | 'settings'>): string | null {
  const file = given.text('secret-file');
  if (file === null) return given.text('secret') ?? settings.env['DEEPERHUB_WEBHOOK_SECRET'] ?? null;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', `The secret cannot be read: ${reason}.`);
  }
}
