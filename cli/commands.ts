/** Every command, in the order of --help. */
import type { Command } from './command.ts';
import { acls } from './commands/acls.ts';
import { auditErase } from './commands/audit-erase.ts';
import { auditErasures } from './commands/audit-erasures.ts';
import { clientCommands } from './commands/client-commands.ts';
import { completion } from './commands/completion.ts';
import { deliveriesList } from './commands/deliveries-list.ts';
import { deliveriesResend } from './commands/deliveries-resend.ts';
import { deliveriesShow } from './commands/deliveries-show.ts';
import { eventCommands } from './commands/event-commands.ts';
import { eventTypesImport } from './commands/event-types-import.ts';
import { eventsTail } from './commands/events-tail.ts';
import { listen } from './commands/listen.ts';
import { map } from './commands/map.ts';
import { rejectedList } from './commands/rejected-list.ts';
import { rejectedRedrive } from './commands/rejected-redrive.ts';
import { replayCommands } from './commands/replay-commands.ts';
import { settingsCommands } from './commands/settings-commands.ts';
import { system } from './commands/system.ts';
import { topics } from './commands/topics.ts';
import { trigger } from './commands/trigger.ts';
import { verify } from './commands/verify.ts';
import { webhookCommands } from './commands/webhook-commands.ts';
import { why } from './commands/why.ts';

export const commands: readonly Command[] = [
  listen,
  trigger,
  eventsTail,
  why,
  deliveriesList,
  deliveriesShow,
  deliveriesResend,
  ...webhookCommands,
  ...clientCommands,
  ...eventCommands,
  eventTypesImport,
  ...replayCommands,
  ...settingsCommands,
  verify,
  topics,
  acls,
  map,
  rejectedList,
  rejectedRedrive,
  system,
  auditErase,
  auditErasures,
  completion,
];
