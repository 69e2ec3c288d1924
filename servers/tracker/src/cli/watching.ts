import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { watch } from "../tools/watch.ts";
import { ask } from "./ask.ts";
import { KINDS, type Kind, sourceAt } from "./kind-of.ts";
import { type Json, oneOf, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { printJson } from "./show.ts";

interface Watched {
  readonly sources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly path: string;
  }[];
  readonly isReading: boolean;
}

/** The commands that say what is read from now on. */
export function addWatching({ program, runs }: TrackerCli): void {
  const watching = program.command("watch").description("list, add or remove what is read");
  withJson(watching.command("list").description("list what is read")).action(
    runs(async (place: Place, options: Json) => tell(place, { action: "list" }, options)),
  );
  withJson(
    watching
      .command("add")
      .description("read a file, a folder, or a glob of logs from now on")
      .argument("<path>", "below a folder that TRACKER_WATCH_DIRS allows, or the home")
      .option("--kind <name>", `what is there: ${KINDS.join(", ")}`, oneOf("--kind", KINDS))
      .option("--name <name>", "what to call it; by default the end of its path"),
  ).action(runs(add));
  withJson(
    watching
      .command("remove")
      .description("read it no more; what was read of it stays")
      .argument("<name>", "as watch list names it"),
  ).action(
    runs(async (place: Place, name: string, options: Json) =>
      tell(place, { action: "remove", name }, options),
    ),
  );
}

async function add(
  place: Place,
  path: string,
  { json, ...given }: Json & { readonly kind?: Kind; readonly name?: string },
): Promise<number> {
  const state = await place.open({ reading: true, health: false });
  const found = await sourceAt(path, {
    ...{ ...given, home: state.home, folder: place.process.cwd() },
  });
  const { kind, name } = found;
  return tell(place, { action: "add", path: found.path, kind, name }, { json: json === true });
}

async function tell(
  place: Place,
  args: Readonly<Record<string, string>>,
  { json }: Json,
): Promise<number> {
  const answer = await ask<Watched>(place, watch, args);
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const { terminal } = place;
  const rows = answer.sources.map(({ name, kind, path }) => [name, kind, path]);
  terminal.print(table(["name", "kind", "path"], rows, terminal));
  if (!answer.isReading) terminal.warn("Nothing of it is read: TRACKER_READ is off.");
  return EXIT.ok;
}
