import type { ConfigField, JsonObject } from "@trestle/protocol";
import type { DefinedServer } from "../define/server.ts";
import { expectedOf } from "./parse.ts";

/** The settings as a Markdown table, for the README that a test compares with it. */
export function renderConfigTable(server: Pick<DefinedServer, "configFields">): string {
  const rows = server.configFields.map((field) => [
    `\`${field.env}\``,
    `\`${field.flag}\``,
    defaultOf(field),
    [field.description, expectedNote(field), field.secret ? "Secret." : ""]
      .filter((part) => part !== "")
      .join(" "),
  ]);
  return markdownTable(["Variable", "Flag", "Default", "Meaning"], rows);
}

/** The settings as the text of an `.env.example`. */
export function renderEnvExample(server: Pick<DefinedServer, "configFields" | "title">): string {
  const blocks = server.configFields.map((field) => {
    const note = field.required ? "Required." : expectedNote(field);
    const preset = field.default === undefined || field.secret ? "" : textOf(field.default);
    const line = `${field.env}=${preset}`;
    return [
      `# ${oneLine(`${field.description} ${note}`)}`,
      field.required ? line : `# ${line}`,
    ].join("\n");
  });
  return `${[`# Settings of ${server.title}`, ...blocks].join("\n\n")}\n`;
}

/** The tools as a Markdown table. */
export function renderToolsTable(server: Pick<DefinedServer, "tools" | "describeTools">): string {
  const rows = server
    .describeTools()
    .map((tool, index) => [
      `\`${String(tool.name)}\``,
      oneLine(String(tool.description ?? "")),
      effectOf(tool.annotations as JsonObject),
      server.tools[index]?.profile ?? "core",
    ]);
  return markdownTable(["Tool", "What it does", "Effect", "Profile"], rows);
}

/** The program that is named like its server. */
export function programOf({ name }: Pick<DefinedServer, "name">): string {
  return `trestle-${name}`;
}

/** What `--help` prints. */
export function renderHelp(server: DefinedServer, program = programOf(server)): string {
  const settings = server.configFields.map((field) => [
    `  ${field.flag} <${shortType(field)}>`,
    `${field.description} (${field.env}${field.required ? ", required" : ""}${
      shownDefault(field) === "" ? "" : `, default ${shownDefault(field)}`
    })`,
  ]);
  const run = [
    ["  --http [host:port]", "Serve HTTP instead of stdio (default 127.0.0.1:4110)"],
    ["  --key <text>", "Bearer key that HTTP callers must send (TRESTLE_KEY)"],
    ["  --profile <core|all>", "Which tools are listed (TRESTLE_PROFILE, default core)"],
    ["  --env-file <path>", "Read settings from this file instead of ./.env"],
    ["  --verbose", "Log everything (also DEBUG=trestle:*)"],
    ["  --help, --version", "Print and end"],
  ];
  const width = Math.max(...[...settings, ...run].map(([left = ""]) => left.length)) + 2;
  const lines = (rows: string[][]) =>
    rows.map(([left = "", right = ""]) => left.padEnd(width) + right);
  return [
    `${server.title} ${server.version}: ${server.description}`,
    "",
    `Usage: ${program} [options]   (speaks MCP on stdio)`,
    "",
    ...(settings.length > 0 ? ["Settings:", ...lines(settings), ""] : []),
    "Running:",
    ...lines(run),
    "",
    "Flags win over environment variables, these over ./.env, and that over .env in the server's own folder.",
    `Data is kept there: $TRESTLE_HOME/${server.name} (default ~/.trestle/${server.name}).`,
    "",
  ].join("\n");
}

function defaultOf(field: ConfigField): string {
  if (field.required) return "required";
  const shown = shownDefault(field);
  return shown === "" ? "" : `\`${shown}\``;
}

/** Empty where there is nothing to show: no default, an empty one, a secret. */
function shownDefault(field: ConfigField): string {
  return field.default === undefined || field.secret ? "" : textOf(field.default);
}

function expectedNote(field: ConfigField): string {
  const expected = expectedOf(field);
  return expected === "string" ? "" : `(${expected})`;
}

function shortType(field: ConfigField): string {
  if (Array.isArray(field.schema.enum)) return field.schema.enum.join("|");
  return expectedOf(field).split(/[ ,]/)[0] ?? "text";
}

function effectOf(hints: JsonObject): string {
  if (hints.readOnlyHint) return "reads";
  return hints.destructiveHint ? "writes, may destroy" : "writes";
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

/** Aligned as formatters align it, so that a README can hold it word for word. */
function markdownTable(head: string[], rows: string[][]): string {
  const table = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) =>
    Math.max(3, ...table.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [first = [], ...rest] = table;
  return `${[line(first), rule, ...rest.map(line)].join("\n")}\n`;
}
