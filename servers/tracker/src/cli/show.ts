import { basename } from "node:path";
import { table } from "@trestle/cli";
import type { JsonValue } from "@trestle/protocol";
import type { Place } from "./place.ts";

const GAP = 2;
/** Letters of what may be cut that are worth a look. */
const LEAST = 24;

/**
 * A table that keeps what a person has to copy: where the terminal is narrow, `cut` is cut, and columns go before
 * anything else is. `droppable` names them, the first to go first.
 */
export function fittedTable(
  titles: readonly string[],
  rows: readonly (readonly JsonValue[])[],
  {
    terminal,
    cut,
    droppable,
  }: Pick<Place, "terminal"> & { readonly cut: string; readonly droppable: readonly string[] },
): string {
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => String(row[at] ?? "").length)),
  );
  const longest = titles.indexOf(cut);
  const left = new Set(titles.keys());
  const isNarrow = () => {
    const others = [...left].filter((at) => at !== longest);
    const taken = others.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP, 0);
    return terminal.columns - taken < Math.min(LEAST, widths[longest] ?? 0);
  };
  for (const title of droppable) if (isNarrow()) left.delete(titles.indexOf(title));
  const kept = <Cell>(cells: readonly Cell[]) => cells.filter((_, at) => left.has(at));
  return table(kept(titles), rows.map(kept), terminal);
}

/** The answer as data, with the names that the tool gives them. */
export function printJson({ terminal }: Pick<Place, "terminal">, answer: unknown): void {
  terminal.print(JSON.stringify(answer, null, 2));
}

/** A time of an answer, as tables show it: UTC, to the minute. */
export function minute(time: string | undefined): string {
  return (time ?? "").slice(0, 16).replace("T", " ");
}

/** The folder of a project by its own name. */
export function shortProject(project: string): string {
  return basename(project) || project;
}

export function dollars(value: number | undefined): string {
  return value === undefined ? "?" : `$${value.toFixed(2)}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Of those that are told to a tenth. */
export function hours(value: number): string {
  return value === 0 ? "six minutes" : `${value} hours`;
}
