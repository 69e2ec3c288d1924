import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf, table } from "./format.ts";
import { given, numberFor, withExamples, withJson } from "./options.ts";

interface ServersOptions {
  readonly json?: boolean;
}

export function addServers(cli: Cli): void {
  const servers = cli.program
    .command("servers")
    .description("the servers behind the bridge; restart one, read what it complains of");
  withJson(withExamples(servers, ["trestle servers", "trestle servers --json"])).action(
    runs(cli, list),
  );
  const own = <Options extends ServersOptions>(options: Options): Options => ({
    ...options,
    ...servers.opts<ServersOptions>(),
  });
  const restart = servers
    .command("restart <server>")
    .description("connect it anew; calls that run are answered first");
  withJson(withExamples(restart, ["trestle servers restart github"])).action(
    runs(cli, (place, server: string, options: ServersOptions) =>
      connectAnew(place, server, own(options)),
    ),
  );
  const stderr = servers
    .command("stderr <server>")
    .description("the last lines that it wrote to stderr")
    .option("--lines <count>", "at most so many (50)", numberFor("--lines"));
  withJson(withExamples(stderr, ["trestle servers stderr github --lines 200"])).action(
    runs(cli, (place, server: string, options: ServersOptions & { readonly lines?: number }) =>
      showStderr(place, server, own(options)),
    ),
  );
}

async function list(place: Place, { json }: ServersOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("servers", {}, place);
  const shown = () => serversTable(answer, paperOf(terminal, config.env));
  terminal.print(json ? JSON.stringify(answer, null, 2) : shown());
  return EXIT.ok;
}

async function connectAnew(
  place: Place,
  server: string,
  { json }: ServersOptions,
): Promise<number> {
  const answer = await askOperation("server_restart", { server }, place, { running: true });
  const said = `${text(answer.server)} is connected anew.`;
  place.terminal.print(json ? JSON.stringify(answer, null, 2) : said);
  return EXIT.ok;
}

async function showStderr(
  place: Place,
  server: string,
  { json, lines }: ServersOptions & { readonly lines?: number },
): Promise<number> {
  const { terminal } = place;
  const input = given({ server, lines });
  const answer = await askOperation("server_stderr", input, place, { running: true });
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  const written = Array.isArray(answer.lines) ? answer.lines.map(text) : [];
  terminal.print(written.length === 0 ? "It wrote nothing." : written.join("\n"));
  return EXIT.ok;
}

function serversTable({ servers, problems }: JsonObject, paper: Paper): string {
  const columns = [
    { title: "SERVER" },
    { title: "KIND" },
    { title: "STATE" },
    { title: "TOOLS", align: "right" as const },
    { title: "RESTARTS", align: "right" as const },
    { title: "PROBLEM", flexible: true },
  ];
  const rows = objectsOf(servers).map((server) => [
    ...[text(server.id), text(server.kind), text(server.state), text(server.tools)],
    ...[text(server.restarts), text(server.problem ?? server.last_error)],
  ]);
  const lines = objectsOf(problems).map(
    ({ server, level, message }) => `${text(level)}: mcpServers.${text(server)}: ${text(message)}`,
  );
  const page = rows.length === 0 ? "No servers. Add one with `trestle add`." : "";
  return [page || table(columns, rows, paper), ...lines].join("\n");
}
