import { html, type Markup } from "./markup.ts";

/** One of the colours of the page. */
export type Tone = "one" | "two" | "three";

export interface Series {
  readonly name: string;
  readonly tone: Tone;
  /** One for each label. */
  readonly values: readonly number[];
}

export interface Columns {
  readonly title: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly size: keyof typeof WIDTHS;
  /** Series that are no parts of one sum stand beside each other. */
  readonly beside?: boolean;
}

/** Of the whole page, and of half of it: letters are as large in both. */
const WIDTHS = { whole: 1_000, half: 460 } as const;
const HEIGHT = 180;
const LEFT = 40;
const BOTTOM = 24;
const TOP = 10;
/** Labels below the columns: more would run into each other. */
const MOST_LABELS = { whole: 12, half: 6 } as const;

/** Columns for each series, one above the other unless told otherwise, with a scale. */
export function columns({ title, labels, series, size, beside = false }: Columns): Markup {
  const width = WIDTHS[size];
  const heights = labels.flatMap((_, at) => {
    const values = series.map((each) => each.values[at] ?? 0);
    return beside ? values : [values.reduce((sum, value) => sum + value, 0)];
  });
  const top = roundUp(Math.max(...heights) || 1);
  const step = (width - LEFT) / Math.max(1, labels.length);
  const scale = (HEIGHT - TOP - BOTTOM) / top;
  const base = HEIGHT - BOTTOM;
  const bar = (step * 0.8) / (beside ? series.length : 1);
  const bars = labels.flatMap((label, at) => {
    let reached = base;
    return series.flatMap(({ name, tone, values }, nth) => {
      const value = values[at] ?? 0;
      if (value === 0) return [];
      reached = (beside ? base : reached) - value * scale;
      const x = LEFT + at * step + step * 0.1 + (beside ? nth * bar : 0);
      return [
        html`<rect class="${tone}" x="${fixed(x)}" y="${fixed(reached)}" width="${fixed(bar)}" height="${fixed(value * scale)}"><title>${label}: ${name} ${value}</title></rect>`,
      ];
    });
  });
  const every = Math.ceil(labels.length / MOST_LABELS[size]);
  const names = labels.flatMap((label, at) =>
    at % every === 0
      ? [
          html`<text class="label" x="${fixed(LEFT + (at + 0.5) * step)}" y="${HEIGHT - 6}">${label}</text>`,
        ]
      : [],
  );
  const lines = [0, top / 2, top].map((value) => {
    const y = fixed(base - value * scale);
    return html`<line class="grid" x1="${LEFT}" x2="${width}" y1="${y}" y2="${y}"/><text class="scale" x="${LEFT - 6}" y="${y}">${fixed(value)}</text>`;
  });
  return html`<figure>
<figcaption>${title}${series.length > 1 ? legend(series) : undefined}</figcaption>
<svg role="img" aria-label="${title}. ${series.map((each) => inWords(each, labels)).join(" ")}" viewBox="0 0 ${width} ${HEIGHT}">${lines}${bars}${names}</svg>
</figure>`;
}

/** What a reader who does not see the columns is told. */
function inWords({ name, values }: Series, labels: readonly string[]): string {
  const sum = values.reduce((all, value) => all + value, 0);
  if (sum === 0) return `${name}: 0.`;
  const most = Math.max(...values);
  return `${name}: ${fixed(sum)}, most on ${labels[values.indexOf(most)]} with ${fixed(most)}.`;
}

function legend(series: readonly Series[]): Markup {
  const keys = series.map(
    ({ name, tone }) =>
      html`<span class="key"><svg class="dot" viewBox="0 0 10 10" aria-hidden="true"><rect class="${tone}" width="10" height="10" rx="2"/></svg>${name}</span>`,
  );
  return html`<span class="legend">${keys}</span>`;
}

/** A share of the greatest, as a bar in a table. */
export function share(value: number, most: number, tone: Tone = "one"): Markup {
  const width = most > 0 ? (value / most) * 100 : 0;
  return html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8"/><rect class="${tone}" width="${fixed(width)}" height="8"/></svg>`;
}

/** How a figure went, small enough for a line of a table. */
export function sparkline(values: readonly number[], title: string): Markup {
  const most = Math.max(1, ...values);
  const step = 120 / Math.max(1, values.length - 1);
  const points = values
    .map((value, at) => `${fixed(at * step)},${fixed(26 - (value / most) * 22)}`)
    .join(" ");
  return html`<svg class="spark" role="img" aria-label="${title}" viewBox="0 0 120 28"><polyline points="${points}"/></svg>`;
}

/** The next number whose half is as easy to read. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

/** As short as it can be told. */
function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
