import { createProgressBar, table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import type { Rewrapped } from "../operations/keys.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Options {
  readonly yes?: boolean;
  readonly scan?: boolean;
  readonly json?: boolean;
}

/** The commands for the keys that seal. */
export function addKeys({ program, runs }: KnowledgeCli): void {
  const keys = program.command("keys").description("the keys that seal what is stored");
  keys
    .command("status")
    .description("tell which key seals, and whether older ones are needed still")
    .option("--scan", "read the beginning of every object, a request each, and count by key")
    .option("--json", "print the answer as JSON")
    .action(runs(status));
  keys
    .command("rotate")
    .description("make a new key and wrap everything by it, backups too")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(rotate));
  keys
    .command("rewrap")
    .description("wrap everything by the key that seals now; goes on where a run was ended")
    .option("--json", "print the answer as JSON")
    .action(runs(rewrap));
}

async function status({ keys, terminal, signal }: Place, { scan = false, json }: Options) {
  const told = await keys.status({ scan, signal });
  if (json) terminal.print(JSON.stringify(told, null, 2));
  else {
    const from = told.isGiven ? "MCP_ENCRYPTION_KEY" : "the server's data folder";
    terminal.print(`The key ${told.active} of ${from} seals.`);
    if (told.unfinished) terminal.warn("A run was ended before it was done: keys rewrap goes on.");
    const rows = told.keys.map(({ id, objects, isHere }) => [
      ...[id, objects, id === told.active ? "seals" : isHere ? "opens" : "missing"],
    ]);
    if (rows.length > 0) terminal.print(table(["key", "objects", "here it"], rows, terminal));
    else if (!scan) terminal.print("keys status --scan counts what each key is needed for.");
  }
  return told.keys.every(({ isHere }) => isHere) ? EXIT.ok : EXIT.failed;
}

async function rotate(place: Place, { yes, json }: Options) {
  // Where nothing is sealed, there is nothing to ask.
  await place.keys.status({ signal: place.signal });
  const question = "Make a new key, and write every object anew that an older one seals?";
  if (!(await place.confirm(question, yes))) return EXIT.ok;
  return wrapAll(place, "rotate", json);
}

async function rewrap(place: Place, { json }: Options) {
  return wrapAll(place, "rewrap", json);
}

async function wrapAll(place: Place, how: "rotate" | "rewrap", json: boolean | undefined) {
  const { keys, terminal, clock, signal } = place;
  const bar = createProgressBar(terminal, clock);
  const result = await keys[how]({
    signal,
    onProgress: ({ where, done }) => bar.show(`${done} objects of the ${where}`),
  });
  bar.clear();
  if (json) terminal.print(JSON.stringify(result, null, 2));
  else terminal.print(toText(result));
  for (const { key, message } of result.failed) terminal.warn(`${key}: ${message}`);
  return result.failed.length === 0 ? EXIT.ok : EXIT.failed;
}

function toText({ active, rewrapped, current, failed }: Rewrapped): string {
  const done = `The key ${active} wraps ${rewrapped} objects anew, ${current} were so already.`;
  if (failed.length > 0)
    return `${done} ${failed.length} can not be opened: no older key may be taken away.`;
  return `${done} Once no other process seals by an older key, run keys rewrap again; then none is needed here.`;
}
