/** JSON texts that are hard on somebody, of about a size. */

export const fill = (part: string, size: number) => part.repeat(Math.ceil(size / part.length));
export const members = (size: number, value: string, name = 'k') =>
  `{${Array.from({ length: Math.ceil(size / (value.length + 10)) }, (_, at) => `"${name}${at}":${value}`).join(',')}}`;

export const jsonTexts: Readonly<Record<string, (size: number) => string>> = {
  'a number with zeros inside': (size) => `1${'0'.repeat(size)}1`,
  'a fraction with zeros inside': (size) => `0.${'0'.repeat(size)}1`,
  'a number with zeros at both sides of its point': (size) => `-1${'0'.repeat(size / 2)}.${'0'.repeat(size / 2)}`,
  'an exponent of zeros': (size) => `1e${'0'.repeat(size)}1`,
  'an exponent of nines': (size) => `1e-${'9'.repeat(size)}`,
  'an exponent of many digits for nothing': (size) => `0.0e${'9'.repeat(size)}`,
  'many long numbers': (size) => `[${fill('12345678901234567890,', size)}1]`,
  'one long number among many short ones': (size) => `[12345678901234567890${fill(',1', size)}]`,
  'digits in pieces that are almost long': (size) => `"${fill('123456789012345 ', size)}"`,
  'dots without end': (size) => `"${'.'.repeat(size)}12"`,
  'lists in lists': (size) => `${'['.repeat(size / 2)}${']'.repeat(size / 2)}`,
  'lists in lists around a long number': (size) => `${'['.repeat(size / 2)}1234567890123456789${']'.repeat(size / 2)}`,
  'objects in objects': (size) => `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
  backslashes: (size) => `"${fill('\\\\', size)}"`,
  'quotes behind backslashes': (size) => `"${fill('\\"', size)}"`,
  'quotes behind many backslashes': (size) => `"${fill(`${'\\\\'.repeat(50)}\\"`, size)}"`,
  'one name again and again': (size) => `{${fill('"data":1,', size)}"data":{}}`,
  'one escaped name again and again': (size) => `{${fill('"d\\u0061ta":1,', size)}"data":{}}`,
  'many names': (size) => members(size, '1'),
  'names that are numbers': (size) => members(size, '1', ''),
  'a long name above many members': (size) => `{"${'n'.repeat(size / 2)}":${members(size / 2, '1')}}`,
  'a long name above a list': (size) => `{"${'n'.repeat(size / 2)}":[${fill('0,', size / 2)}0]}`,
  'names to be escaped': (size) => members(size, '1', '<&\'\\"'),
  'characters to be escaped': (size) => `"${fill('<&>\'\\"\\n ', size)}"`,
  'surrogates without their halves': (size) => `"${fill('\\ud800', size)}"`,
  'blanks inside': (size) => `[1,${' '.repeat(size)}2]`,
  'blanks around': (size) => `${' '.repeat(size)}1${' '.repeat(size)}`,
};
