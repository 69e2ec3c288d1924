import { EXIT } from "@trestle/protocol";
import type { Change } from "../objects.ts";
import { type ObjectsCli, type Place, refOf } from "./place.ts";

/** The command that prints what happens to an object, one line of JSON for each change. */
export function addWatch({ program, runs }: ObjectsCli): void {
  program
    .command("watch")
    .description("print an object, then each of its changes, until Ctrl-C")
    .argument("<object>", "CLASS/ID")
    .option("--changes <count>", "end after so many changes")
    .action(runs(watch));
}

async function watch(
  place: Place,
  name: string,
  { changes = "Infinity" }: { changes?: string },
): Promise<number> {
  const { objects, terminal, signal } = place;
  const ref = refOf(name);
  const most = Number(changes);
  let told = 0;
  const { promise: enough, resolve: end } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => end(), { once: true });
  const waiting: Change[] = [];
  let isShown = false;

  function take(change: Change): void {
    if (!isShown) {
      waiting.push(change);
      return;
    }
    if (told >= most) return;
    if (change.kind === "event") terminal.print(change.frames.whole);
    else terminal.warn("Some changes were missed while the host was away.");
    told += 1;
    if (told >= most) end();
  }

  const stop = await objects.follow(ref, take, { state: true });
  const { seq, ...view } = await objects.get(ref);
  terminal.print(JSON.stringify({ type: "state", seq, ...view }));
  isShown = true;
  for (const change of waiting) if (change.kind !== "event" || change.seq > seq) take(change);
  await enough;
  stop();
  return EXIT.ok;
}
