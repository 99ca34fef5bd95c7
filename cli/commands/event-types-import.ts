import { access } from 'node:fs/promises';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { tableLines } from '../../libs/domain/payload/printable.ts';
import type { Command, CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { readInput } from '../input.ts';

type Mode = 'off' | 'warn' | 'enforce';

export const eventTypesImport: Command = {
  name: 'event-types import',
  summary: 'Imports event types from OpenAPI 3.1, AsyncAPI 3, or a subject of the schema registry.',
  operands: '<file or subject>',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    'dry-run': { takes: null, text: 'shows what would happen, and changes nothing' },
    force: { takes: null, text: 'takes incompatible schemas all the same' },
    type: { takes: 'TYPE', text: 'of a subject: the name of the type (the subject without -value)' },
    message: { takes: 'NAME', text: 'of a subject in Protobuf: the message (the first)' },
    version: { takes: 'N', text: 'of the subject (the newest)' },
    audience: { takes: 'WHOM', text: 'of the types that are new: client or broadcast' },
    'schema-mode': { takes: 'MODE', text: 'of the types that are new: off, warn or enforce' },
    'visible-to': { takes: 'CLIENTS', text: 'of the types that are new: in the catalogue of these clients alone' },
  },
  notes: [
    'What is no file is a subject; - is standard input. A second import of the same changes nothing. It ends with 1 when a type is refused or something cannot be read.',
  ],
  examples: [
    'event-types import openapi.yaml --dry-run',
    'event-types import orders-value --type order.created --schema-mode warn',
  ],
  needsApi: true,
  run: async (context) => {
    const { settings, terminal, signal } = context;
    const body = await bodyOf(context);
    const answer = await dataOf(settings.api(signal).POST('/v1/event-type-imports', { body }));
    const { counts, data, unreadable } = answer;
    terminal.show(answer, () => [
      ...tableLines(
        ['TYPE', answer.isDryRun ? 'WOULD BE' : 'IS', 'FIELDS', 'PLACE'],
        data.map(({ type, change, fields, place }) => [type, change, fields.join(', ') || '-', place]),
        terminal.width,
      ),
      ...data.flatMap(({ type, problems }) => problems.map(({ path, message }) => `${type}${path}: ${message}`)),
      ...data.flatMap(({ type, warnings }) => warnings.map(({ message }) => `Warning: ${type}: ${message}`)),
      ...unreadable.map(({ place, reason }) => `${place} cannot be read: ${reason}.`),
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    ]);
    if (counts.refused + counts.unreadable > 0) throw new CliFailure('refused', 'Not all of it was taken.');
  },
};

async function bodyOf({ operands, given, signal }: CommandContext) {
  const [source = ''] = operands;
  const visibleTo = given.text('visible-to');
  const texts = {
    ...named('type', given.text('type')),
    ...named('message', given.text('message')),
    ...named('audience', given.text('audience') as 'client' | 'broadcast' | null),
    ...named('schemaMode', given.text('schema-mode') as Mode | null),
    ...named('version', given.whole('version', { min: 1, max: 2_147_483_647 })),
    ...named('visibleTo', visibleTo === null ? null : visibleTo.split(',')),
  };
  const how = { dryRun: given.has('dry-run'), force: given.has('force') };
  if (source !== '-' && !(await isFile(source))) {
    if (/\.(json|ya?ml)$/i.test(source)) throw new CliFailure('usage', `There is no file ${source}.`);
    return { subject: source, ...texts, ...how };
  }
  return { document: (await readInput(source, 'document', signal)).toString('utf8'), ...texts, ...how };
}

function named<Name extends string, Value>(name: Name, value: Value | null): { [Key in Name]?: Value } {
  return (value === null ? {} : { [name]: value }) as { [Key in Name]?: Value };
}

function isFile(name: string): Promise<boolean> {
  return access(name).then(
    () => true,
    () => false,
  );
}
