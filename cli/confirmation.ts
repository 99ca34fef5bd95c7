/** Before what cannot be undone: a person types what is meant, a script gives --yes. */
import type { CommandContext, Option } from './command.ts';
import { CliFailure } from './failure.ts';

export const confirmationOptions: Readonly<Record<string, Option>> = {
  yes: { takes: null, text: 'does not ask whether you are sure' },
};

/** @param what a sentence, such as what is about to happen. @throws CliFailure when it is not confirmed */
export async function confirmed(
  { given, terminal, signal }: Pick<CommandContext, 'given' | 'terminal' | 'signal'>,
  what: string,
  subject: string,
): Promise<void> {
  if (given.has('yes')) return;
  const says = `${subject}: ${what} This cannot be undone.`;
  const typed = await terminal.ask(`${says} Type ${subject} to go on: `, signal);
  if (typed === null) throw new CliFailure('usage', `${says} Without a terminal to ask at, it takes --yes.`);
  if (typed.trim() !== subject) throw new CliFailure('refused', 'Not confirmed: nothing was done.');
}
