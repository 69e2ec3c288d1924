import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { lineDiff } from "../../config/import/line-diff.ts";
import { visible } from "./visible.ts";

/** What changes in a definition, as a person reads it: nothing in it is hidden, nothing in it acts on a terminal. */
export function definitionDiff(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): string[] {
  const [old, next] = [before, after].map((each) => (each ? linesOf(each).join("\n") : ""));
  if (next === "") return (old ?? "").split("\n").map((line) => `- ${line}`);
  return lineDiff(old ?? "", next ?? "");
}

const WIDTH = 100;

/** Keys in order, one thing a line, long texts in several. */
function linesOf(value: JsonObject | JsonValue[], indent = ""): string[] {
  const entries = Array.isArray(value)
    ? value.map((item) => ["-", item] as const)
    : Object.keys(value)
        .toSorted()
        .map((key) => [`${visible(key)}:`, value[key]] as const);
  return entries.flatMap(([label, item]) => {
    const deeper = `${indent}  `;
    if (Array.isArray(item) || (isJsonObject(item) && Object.keys(item).length > 0)) {
      return Array.isArray(item) && item.length === 0
        ? [`${indent}${label} []`]
        : [`${indent}${label}`, ...linesOf(item, deeper)];
    }
    const lines = typeof item === "string" ? textLines(item) : [JSON.stringify(item) ?? "null"];
    if (lines.length === 1) return [`${indent}${label} ${lines[0]}`];
    return [`${indent}${label}`, ...lines.map((line) => `${deeper}${line}`)];
  });
}

function textLines(text: string): string[] {
  return text.split("\n").flatMap((line) => broken(visible(line)));
}

/** At blanks, none of which is lost. */
function broken(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const blank = rest.lastIndexOf(" ", WIDTH);
    const end = blank <= 0 ? WIDTH : blank + 1;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...lines, rest];
}
