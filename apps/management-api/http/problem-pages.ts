/** The pages that the `type` of a problem leads to: what a code means and what to do about it. Pure. */
import { problemCodes, type ProblemCode } from '../../../libs/api-contract/problem-codes.ts';
import { problemRemedies } from '../../../libs/api-contract/problem-remedies.ts';

/** By media type, the first one for whoever does not choose. */
export const pageForms = ['text/html', 'text/markdown', 'text/plain', 'application/json'] as const;
export type PageForm = (typeof pageForms)[number];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemCodes, code);
}

/** What a code means and what to do, in the form that was asked for. */
export function problemPage(code: ProblemCode, form: PageForm): string {
  const { status, title, meaning } = problemCodes[code];
  const remedy = problemRemedies[code];
  switch (form) {
    case 'application/json':
      return JSON.stringify({ code, status, title, meaning, remedy });
    case 'text/html':
      return pageOf(
        title,
        `<p><code>${code}</code>, HTTP status ${status}</p>\n<p>${coded(meaning)}</p>\n<h2>What to do</h2>\n<p>${coded(remedy)}</p>\n<p><a href="/problems">All problems</a></p>`,
      );
    default:
      return `# ${title}\n\n\`${code}\`, HTTP status ${status}\n\n${meaning}\n\n## What to do\n\n${remedy}\n`;
  }
}

/** All codes, each with its page. */
export function problemIndex(form: PageForm): string {
  const all = Object.entries(problemCodes).map(([code, { status, title }]) => ({ code, status, title }));
  switch (form) {
    case 'application/json':
      return JSON.stringify(all.map((one) => ({ ...one, type: `/problems/${one.code}` })));
    case 'text/html': {
      const items = all.map(
        ({ code, status, title }) => `<li>${status} <a href="/problems/${code}"><code>${code}</code></a> ${title}</li>`,
      );
      return pageOf('Problems', `<ul>\n${items.join('\n')}\n</ul>`);
    }
    default:
      return `# Problems\n\n${all.map(({ code, status, title }) => `- ${status} \`${code}\`: ${title}`).join('\n')}\n`;
  }
}

function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`;
}

/** Texts of the contract, with what stands between backticks as code. */
function coded(text: string): string {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return safe.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
