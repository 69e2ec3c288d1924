import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { COMMANDS } from "../src/cli/commands.ts";
import { createProgram } from "../src/cli/program.ts";
import { serverPolicy } from "../src/config/policy-schema.ts";

/** Tables of the pages that are made of the code. `node apps/bridge/test/_docs-tables.ts` writes them there. */

/** The part of a page between two comments, which is what a test says it has to be. */
export function partOf(page: string, name: string): string {
  const [, part = ""] =
    new RegExp(`<!-- ${name}:.*?-->\n([\\s\\S]*?)<!-- /${name} -->`).exec(page) ?? [];
  return part.trim();
}

export function commandsTable(): string {
  const rows = commandsOf(programOf()).map(({ path, command }) => {
    const given = command.registeredArguments.map((each) => ` ${wordOf(each)}`).join("");
    const options = command.options.map(({ flags }) => `\`${flags}\``).join(", ");
    return `| \`${path}${given}\` | ${command.description()} | ${options} |`;
  });
  return ["| command | what it does | options |", "|---|---|---|", ...rows].join("\n");
}

export function policiesTable(): string {
  const toRow = ({ key, meaning }: Row): string => `| \`${key}\` | ${meaning} |`;
  const own = policiesOf(serverPolicy as unknown as Node, "").map(toRow);
  const tools = plain(serverPolicy.shape.tools as unknown as Node).valueType as Node;
  // What a tool has besides.
  const more = policiesOf(tools, "").filter((each) => !own.includes(toRow(each)));
  const below = more.map(({ key, meaning }) => toRow({ key: `tools.*.${key}`, meaning }));
  return ["| key | meaning |", "|---|---|", ...new Set([...own, ...below])].join("\n");
}

function programOf(): Command {
  const openTerminal = (): never => {
    throw new Error("No command runs here.");
  };
  const parts = { version: "0.0.0", cwd: "/", env: {}, openTerminal, setExitCode() {}, print() {} };
  return createProgram(parts, COMMANDS);
}

interface Listed {
  readonly path: string;
  readonly command: Command;
}

/** Groups that do nothing by themselves are left out. */
function commandsOf(command: Command, path: readonly string[] = []): Listed[] {
  const below = command.commands.flatMap((each) => commandsOf(each, [...path, each.name()]));
  const isGroup = command.commands.length > 0 && command.options.length === 0;
  return path.length === 0 || isGroup ? below : [{ path: path.join(" "), command }, ...below];
}

function wordOf(argument: Command["registeredArguments"][number]): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

interface Node {
  readonly description?: string;
  readonly shape?: Readonly<Record<string, Node>>;
  readonly element?: Node;
  /** Of a record. */
  readonly valueType?: Node;
  /** Of a literal. */
  readonly values?: ReadonlySet<unknown>;
  readonly options?: readonly (Node | string)[];
  readonly def: { readonly innerType?: Node };
}

interface Row {
  readonly key: string;
  readonly meaning: string;
}

function policiesOf(node: Node, path: string): Row[] {
  const inner = plain(node);
  // Those of an enumeration are words.
  const options = (inner.options ?? []).filter((each) => typeof each === "object");
  if (options.length > 0) return options.flatMap((each) => policiesOf(each, path));
  if (inner.element) return policiesOf(inner.element, `${path}[]`);
  return Object.entries(inner.shape ?? {}).flatMap(([name, each]) => {
    const key = path === "" ? name : `${path}.${name}`;
    const meaning = each.description ?? plain(each).description;
    const [value, ...others] = plain(each).values ?? [];
    const only = value === undefined || others.length > 0 ? "" : `: ${JSON.stringify(value)}`;
    const own = meaning === undefined ? [] : [{ key: `${key}${only}`, meaning }];
    return [...own, ...policiesOf(each, key)];
  });
}

function plain(node: Node): Node {
  return node.def.innerType && !node.shape && !node.options ? plain(node.def.innerType) : node;
}

function write(page: string, name: string, table: string): void {
  const file = new URL(`../../../docs/${page}`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const place = new RegExp(`(<!-- ${name}:.*?-->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  writeFileSync(
    file,
    text.replace(place, (_, begin, end) => `${begin}\n${table}\n\n${end}`),
  );
}

if (import.meta.main) {
  write("cli.md", "commands", commandsTable());
  write("configuration.md", "policies", policiesTable());
}
