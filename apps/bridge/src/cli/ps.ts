import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, bytes, paperOf, span, table } from "./format.ts";
import { withJson } from "./options.ts";

export function addPs(cli: Cli): void {
  withJson(
    cli.program.command("ps").description("the processes of the bridge and of its servers"),
  ).action(runs(cli, ps));
}

async function ps(place: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("ps", {}, place, { running: true });
  const now = terminal.clock.now();
  const bridge = objectOf(answer.bridge);
  const uptime = typeof bridge.uptime_s === "number" ? `${span(bridge.uptime_s * 1_000)} ago` : "";
  const rows = [
    ["(bridge)", text(bridge.pid), "ready", bytes(bridge.rss_bytes), uptime, ""],
    ...objectsOf(answer.processes).map((each) => [
      text(each.server),
      text(each.pid) || "-",
      text(each.state),
      bytes(each.rss_bytes),
      ago(each.since, now),
      each.restarts === 0 ? "" : text(each.restarts),
    ]),
  ];
  const columns = [
    { title: "SERVER" },
    { title: "PID", align: "right" as const },
    { title: "STATE" },
    { title: "MEMORY", align: "right" as const },
    { title: "SINCE" },
    { title: "RESTARTS", align: "right" as const },
  ];
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else {
    terminal.print(table(columns, rows, paperOf(terminal, config.env)));
    const parked = Number(bridge.parked);
    if (parked > 0)
      terminal.print(`parked: ${parked} (calls that wait for answers of their users)`);
  }
  return EXIT.ok;
}
