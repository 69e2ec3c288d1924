import { html, type Markup } from "./markup.ts";

/** Figures to see first, each with what it counts. */
export function tiles(facts: readonly (readonly [string, string])[]): Markup {
  const all = facts.map(
    ([figure, what]) => html`<div class="tile"><b>${figure}</b><span>${what}</span></div>`,
  );
  return html`<div class="tiles">${all}</div>`;
}

/** `head`: cells of titles. `none` is said where there is no row. */
export function pageTable(head: Markup, rows: readonly Markup[], none: string): Markup {
  if (rows.length === 0) return html`<p class="none">${none}</p>`;
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
