/** Names of `tokens.css` that pictures on a canvas use. */
export type ColourRole =
  | "data-1"
  | "data-2"
  | "data-3"
  | "data-4"
  | "data-5"
  | "data-grid"
  | "ink"
  | "ink-2"
  | "ink-3"
  | "ok"
  | "warn"
  | "bad"
  | "info"
  | "accent";

let probe: HTMLElement | undefined;

/** The colour of a role as it is now, light or dark: a canvas knows no roles. */
export function colourOf(role: ColourRole, opacity = 1): string {
  if (probe === undefined) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${role})`;
  const { color } = getComputedStyle(probe);
  return opacity === 1 ? color : color.replace(/^rgb\((.*)\)$/, `rgb($1, ${opacity})`);
}
