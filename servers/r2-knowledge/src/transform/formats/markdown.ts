import { flattened, type Row } from "../paths.ts";
import type { Format } from "./format.ts";

/** A section each, for people; what a text says is never taken for Markdown. Written only. */
export const markdown: Pick<Format, "write"> = {
  async *write(rows) {
    let count = 0;
    for await (const row of rows) {
      count += 1;
      yield `${count === 1 ? "" : "\n"}${section(row, count)}`;
    }
  },
};

/** Texts of one line up to this length are list items, longer ones blocks. Characters. */
const SHORT = 120;

function section(row: Row, number: number): string {
  const flat = Object.entries(flattened(row)).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const title = titleOf(row) ?? `Record ${number}`;
  const short = flat.filter(([, text]) => text.length <= SHORT && !text.includes("\n"));
  const long = flat.filter((one) => !short.includes(one));
  return [
    `## ${escaped(title)}`,
    "",
    ...short.map(([name, text]) => `- ${escaped(name)}: ${escaped(text)}`),
    ...long.flatMap(([name, text]) => ["", `**${escaped(name)}**`, "", fenced(text)]),
    "",
  ].join("\n");
}

function titleOf({ error, id }: Row): string | undefined {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  const parts = [name, message].filter((part) => typeof part === "string" && part !== "");
  const title = parts.join(": ").replace(/\s+/g, " ").slice(0, 200);
  return title || (typeof id === "string" ? id : undefined);
}

/** Nobody's text makes a link, an image or a tag of itself. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>#|!]/g, "\\$&");
}

/** A fence longer than any in the text, so that the text cannot end it. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
