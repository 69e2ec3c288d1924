import { type JsonObject, matchesGlob, nearestName } from "@trestle/protocol";
import { mostTelling } from "../config/patterns.ts";
import { type ArgumentRules, type Preset, presetOf, unknownArguments } from "./presets.ts";

/** `tools` of an entry: which tools of the server are served, what they are called, and what they are given. */
export interface ToolRules {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  /** From the server's own name to the one behind the server id. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /** By the server's own name of a tool, or a pattern. */
  readonly arguments?: Readonly<Record<string, ArgumentRules>> | undefined;
}

/** What is left of a server's tools. */
export interface ShapedTools {
  readonly tools: readonly JsonObject[];
  /** From the server's own name to the one that clients see. */
  readonly renamed: ReadonlyMap<string, string>;
  /** By the server's own name. */
  readonly presets: ReadonlyMap<string, Preset>;
  /** What of the rules could not be done, by the names that they give. */
  readonly warnings: readonly string[];
}

/** A name that is taken is not given twice: the tool that would have had it keeps its own. */
export function shapeTools(all: readonly JsonObject[], rules: ToolRules | undefined): ShapedTools {
  if (!rules) return { tools: all, renamed: new Map(), presets: new Map(), warnings: [] };
  const { allow, deny = [] } = rules;
  const tools = all.filter(({ name }) => {
    const fits = (pattern: string): boolean => matchesGlob(pattern, String(name));
    return (!allow || allow.some(fits)) && !deny.some(fits);
  });
  const { renamed, warnings } = renameTools(tools, rules.rename ?? {});
  const preset = presetTools(tools, rules.arguments ?? {});
  return { tools, renamed, presets: preset.presets, warnings: [...warnings, ...preset.warnings] };
}

function renameTools(tools: readonly JsonObject[], rename: Readonly<Record<string, string>>) {
  const own = new Set(tools.map(({ name }) => String(name)));
  const renamed = new Map<string, string>();
  const warnings: string[] = [];
  const taken = new Set([...own].filter((name) => !Object.hasOwn(rename, name)));
  for (const [name, part] of Object.entries(rename)) {
    if (!own.has(name)) {
      warnings.push(`tools.rename: it serves no tool "${name}"${advice(name, own)}`);
    } else if (taken.has(part)) {
      warnings.push(`tools.rename: "${name}" keeps its name: another tool is called "${part}"`);
      taken.add(name);
    } else {
      renamed.set(name, part);
      taken.add(part);
    }
  }
  return { renamed, warnings };
}

function presetTools(
  tools: readonly JsonObject[],
  rules: Readonly<Record<string, ArgumentRules>>,
): Pick<ShapedTools, "presets" | "warnings"> {
  const presets = new Map<string, Preset>();
  const warnings: string[] = [];
  for (const tool of tools) {
    const name = String(tool.name);
    const found = mostTelling(rules, name);
    if (!found) continue;
    const preset = presetOf(found);
    presets.set(name, preset);
    // A pattern is for several tools, which need not all have what it gives.
    if (!Object.hasOwn(rules, name)) continue;
    for (const argument of unknownArguments(tool, preset)) {
      warnings.push(`tools.arguments: "${name}" takes no argument "${argument}"`);
    }
  }
  const own = new Set(tools.map(({ name }) => String(name)));
  for (const name of Object.keys(rules)) {
    if (name.includes("*") || own.has(name)) continue;
    warnings.push(`tools.arguments: it serves no tool "${name}"${advice(name, own)}`);
  }
  return { presets, warnings };
}

function advice(name: string, known: ReadonlySet<string>): string {
  const near = nearestName(name, [...known]);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
