import { escapeLabel, escapeTitle } from "@trestle/flow";
import { COLOURS } from "./colours.ts";
import type { Picture } from "./picture.ts";

/** A Mermaid flowchart: solid arrows for what a step waits for, dotted ones for results it reads besides. */
export function pictureToMermaid({ title, nodes, edges, notice }: Picture): string {
  const shown = escapeTitle(title);
  const lines = ["flowchart TD", ...(shown === "" ? [] : [`  accTitle: ${shown}`])];
  for (const { key, id, lines: about } of nodes)
    lines.push(`  ${key}["${[id, ...about].map(escapeLabel).join("<br/>")}"]`);
  if (notice !== undefined) lines.push(`  more["${escapeLabel(notice)}"]`);
  for (const { from, to, reads } of edges) lines.push(`  ${from} ${reads ? "-.->" : "-->"} ${to}`);
  for (const [state, { fill, stroke, text }] of Object.entries(COLOURS)) {
    const keys = nodes.filter((node) => node.state === state).map(({ key }) => key);
    if (keys.length === 0 || state === "plain") continue;
    lines.push(`  classDef ${state} fill:${fill},stroke:${stroke},color:${text}`);
    lines.push(`  class ${keys.join(",")} ${state}`);
  }
  return `${lines.join("\n")}\n`;
}
