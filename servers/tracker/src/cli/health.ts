import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { counted } from "../reports/clip.ts";
import type { HealthReport } from "../reports/health-report.ts";
import { systemHealthCheck } from "../tools/system-health-check.ts";
import { ask } from "./ask.ts";
import { numberFor, withJson } from "./options.ts";
import { pause } from "./pause.ts";
import type { Place, TrackerCli } from "./place.ts";
import { minute } from "./show.ts";

interface Options {
  readonly watch?: boolean;
  readonly every: number;
  readonly last?: boolean;
  readonly json?: boolean;
}

/** The command that tells whether the system is well. */
export function addHealth({ program, runs }: TrackerCli): void {
  withJson(
    program
      .command("health")
      .description("check the configured targets, and whether the tracker reads and stores all")
      .argument("[targets...]", "only these")
      .option("--last", "tell the last checks instead of checking now")
      .option("--watch", "go on, until Ctrl-C")
      .option(
        "--every <seconds>",
        "with --watch: so often",
        numberFor("--every", { least: 1, most: 3_600 }),
        5,
      ),
  ).action(runs(health));
}

async function health(place: Place, targets: string[], options: Options): Promise<number> {
  const { terminal, clock, signal, process } = place;
  const { watch = false, every, last = false, json = false } = options;
  const args = { checkNow: !last, ...(targets.length > 0 && { targets }) };
  for (;;) {
    const report = await ask<HealthReport>(place, systemHealthCheck, args, {
      watchesHealth: !last,
    });
    // On a terminal each look takes the place of the one before; elsewhere they follow each other.
    if (watch && process.stdout.isTTY === true) process.stdout.write("\u001b[H\u001b[2J");
    if (json) terminal.print(JSON.stringify(report, null, watch ? 0 : 2));
    else terminal.print(toText(report, place));
    if (!watch) return report.status === "unwell" ? EXIT.failed : EXIT.ok;
    await pause(clock, every * 1_000, signal);
    if (signal.aborted) return EXIT.ok;
  }
}

function toText(report: HealthReport, { terminal }: Place): string {
  const { status, targets, alerts, reading, store, notes } = report;
  const lines = [terminal.bold(`The system is ${status}.`)];
  if (targets.length > 0) lines.push(table(TITLES, targets.map(toRow), terminal));
  lines.push(
    `Kept in ${store.kind}: ${store.records} records of ${store.sessions} sessions, ${store.tasks} tasks, ${store.errorGroups} kinds of errors, ${(store.bytes / 1e6).toFixed(1)} MB.`,
    reading.on
      ? `Read are ${reading.sources.map(({ name }) => name).join(", ")}${reading.here ? `: ${reading.files} files, ${reading.backlog} with something left` : ", by another process"}.`
      : "Nothing is read: TRACKER_READ is off.",
    ...reading.problems.map(
      ({ message, count }) => `! ${message}${count > 1 ? ` (${count} times)` : ""}`,
    ),
    ...reading.skipped.map(
      ({ source, reason, count }) => `${count} lines of ${source} were not understood: ${reason}.`,
    ),
    ...alertLines(alerts),
    ...notes,
  );
  return lines.join("\n");
}

/** Who is told, what is on its way or was given up, and what is silent. */
function alertLines({ webhooks, waiting, failed, silences }: HealthReport["alerts"]): string[] {
  const told = webhooks.length > 0 ? [`Alerts are told to ${webhooks.join(", ")}.`] : [];
  return [
    ...told,
    ...(waiting > 0 ? [`${counted(waiting, "message")} of alerts on the way.`] : []),
    ...failed.map(
      ({ webhook, at, error }) => `! Not told to ${webhook}, given up ${minute(at)}: ${error}`,
    ),
    ...silences.map(
      ({ targets, until, reason }) =>
        `Silent until ${minute(until)}: ${targets.join(", ")}${reason === undefined ? "" : ` (${reason})`}.`,
    ),
  ];
}

const TITLES = ["target", "kind", "state", "since", "ms", "alert", "detail"] as const;

function toRow(target: HealthReport["targets"][number]) {
  const { name, kind, status, since, latencyMs, alert, detail = "", flapping } = target;
  const told =
    target.suppressedBy === undefined ? detail : `${detail} (held back: ${target.suppressedBy})`;
  return [
    ...[name, kind, flapping ? `${status}, flapping` : status, minute(since)],
    ...[
      latencyMs === undefined ? "" : String(Math.round(latencyMs)),
      alert?.state ?? "",
      told.trim(),
    ],
  ];
}
