/** The Accept header (RFC 9110, section 12.5.1). Pure. */

/** Longer lists are of nobody who means well: what stands behind is not read. */
const rangesMax = 50;

/**
 * Of several forms the one that is liked best, the first of those that are liked alike; null: none is acceptable. A header that
 * is left out, or that cannot be read, accepts everything.
 */
export function acceptedForm<Form extends string>(accept: string | undefined, forms: readonly Form[]): Form | null {
  const ranges = rangesOf(accept ?? '');
  if (ranges.length === 0) return forms[0] ?? null;
  let best: { readonly form: Form; readonly quality: number } | null = null;
  for (const form of forms) {
    const quality = qualityOf(form, ranges);
    if (quality > (best?.quality ?? 0)) best = { form, quality };
  }
  return best?.form ?? null;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function rangesOf(accept: string): readonly Range[] {
  return accept.split(',', rangesMax).flatMap((text) => {
    const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
    if (!/^[^\s/]+\/[^\s/]+$/.test(type)) return [];
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    return [{ type, quality: Number.isNaN(quality) ? 1 : quality }];
  });
}

/** The most specific range counts. */
function qualityOf(form: string, ranges: readonly Range[]): number {
  const [group = ''] = form.split('/', 1);
  for (const type of [form, `${group}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === type);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
