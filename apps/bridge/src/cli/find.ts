import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf, table } from "./format.ts";
import { given, numberFor, withJson } from "./options.ts";

interface FindOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly limit?: number;
}

export function addFind(cli: Cli): void {
  const finding = cli.program
    .command("find <words...>")
    .description("find tools by what they do, the best first")
    .option("--server <id>", "only of this server")
    .option("--limit <count>", "at most so many (10)", numberFor("--limit"));
  withJson(finding).action(runs(cli, find));
  const discovering = cli.program
    .command("discover")
    .description("show the servers and all their tools")
    .option("--server <id>", "only of this server");
  withJson(discovering).action(runs(cli, discover));
}

async function find(
  place: Place,
  words: readonly string[],
  { json, ...filter }: FindOptions,
): Promise<number> {
  const { terminal, config } = place;
  const query = words.join(" ");
  const answer = await askOperation("find_tools", given({ query, ...filter }), place);
  const tools = objectsOf(answer.tools);
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else if (tools.length > 0) terminal.print(toolsTable(tools, paperOf(terminal, config.env)));
  else terminal.print(`No tool fits "${query}". \`trestle discover\` shows all there are.`);
  return EXIT.ok;
}

async function discover(place: Place, { json, server }: FindOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("discover", given({ server }), place);
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  const paper = paperOf(terminal, config.env);
  const tools = objectsOf(answer.tools);
  const blocks = objectsOf(answer.servers).map((each) => {
    const own = tools.filter((tool) => tool.server === each.id);
    const aliases = Array.isArray(each.aliases) ? `, also ${each.aliases.join(", ")}` : "";
    const head = `${paper.paint("bold", text(each.id))} (${text(each.kind)}, ${text(each.state)}${aliases})`;
    return own.length === 0 ? `${head}\nno tools` : `${head}\n${toolsTable(own, paper)}`;
  });
  terminal.print(blocks.join("\n\n") || "No server is configured.");
  return EXIT.ok;
}

function toolsTable(tools: readonly JsonObject[], paper: Paper): string {
  const rows = tools.map((tool) => [
    `${text(tool.server)}.${text(tool.tool)}`,
    effectOf(tool),
    text(tool.description) || text(tool.title),
  ]);
  const columns = [{ title: "TOOL" }, { title: "" }, { title: "WHAT IT DOES", flexible: true }];
  return table(columns, rows, paper);
}

function effectOf({ read_only, destructive }: JsonObject): string {
  if (read_only) return "reads";
  return destructive ? "acts, may destroy" : "acts";
}
