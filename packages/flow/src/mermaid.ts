import { createFlow } from "./flow.ts";
import { parsePlan } from "./schema.ts";

/** Draws a chain as a Mermaid flowchart: solid arrows for what a step waits for, dotted ones for results it reads besides. */
export function toMermaid(definition: unknown): string {
  const flow = createFlow(parsePlan(definition));
  const steps = [...flow.steps.values()];
  const nodes = new Map(steps.map(({ id, position }) => [id, `s${position + 1}`]));
  const title = escapeTitle(flow.plan.name);
  const lines = ["flowchart TD", ...(title === "" ? [] : [`  accTitle: ${title}`])];
  for (const { id, server, tool, when } of steps) {
    const label = [id, `${server}.${tool}`, ...(when === undefined ? [] : [`when ${when}`])];
    lines.push(`  ${nodes.get(id)}["${label.map(escapeLabel).join("<br/>")}"]`);
  }
  for (const { id, waitsFor, needsResultOf } of steps) {
    const dotted = needsResultOf.filter((other) => !waitsFor.includes(other));
    for (const other of waitsFor) lines.push(`  ${nodes.get(other)} --> ${nodes.get(id)}`);
    for (const other of dotted) lines.push(`  ${nodes.get(other)} -.-> ${nodes.get(id)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Anything that could end a label, open markup or begin an entity is written as a code point. */
export function escapeLabel(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return shown
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^\p{L}\p{N} _.,:!?()=+…-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** A title is plain text to the end of its line, and knows no entities. */
export function escapeTitle(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}_.,-]+/gu, " ").trim();
}
