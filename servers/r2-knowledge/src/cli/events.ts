import type { HubMessage } from "@trestle/events";
import { EXIT, matchesGlob, TrestleError } from "@trestle/protocol";
import { follow } from "../events/following.ts";
import { listen } from "../events/listener.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface EventsOptions {
  readonly since?: number;
  /** False with `--no-follow`. */
  readonly follow: boolean;
  readonly listen?: string;
  readonly json?: boolean;
}

/** The command that tells what happens. */
export function addEvents({ program, runs }: KnowledgeCli): void {
  program
    .command("events")
    .description("tell every change as it happens, whoever makes it; until Ctrl-C")
    .argument("[topics...]", "patterns such as diagnosis.* or outcome.recorded", ["*"])
    .option("--since <number>", "begin after this number; 0 tells all that is kept", numberFrom0)
    .option("--no-follow", "end where there is nothing more")
    .option("--listen <address>", "tell it over WebSockets, too: 127.0.0.1:4121")
    .option("--json", "an event a line, as JSON")
    .action(runs(events));
}

async function events(place: Place, topics: string[], options: EventsOptions): Promise<number> {
  const { feed } = place.events;
  await feed.open();
  const since = options.since ?? feed.hub.lastSeq();
  await feed.pump();
  const tell = (message: HubMessage) => tellOne(place, message, options.json);
  if (!options.follow) {
    await tellKept(place, since, topics, tell);
    return EXIT.ok;
  }
  const stop = feed.hub.subscribe({ topics, since }, tell);
  const listener =
    options.listen === undefined ? undefined : await startListener(place, options.listen);
  try {
    await followUntilEnd(place);
  } finally {
    stop();
    await listener?.close();
  }
  return EXIT.ok;
}

const AT_ONCE = 500;

async function tellKept(
  { events: { feed }, signal }: Place,
  since: number,
  topics: readonly string[],
  tell: (message: HubMessage) => void,
): Promise<void> {
  let from = since;
  for (;;) {
    const messages = await feed.read(from, AT_ONCE);
    const last = messages.at(-1);
    if (last === undefined || signal.aborted) return;
    for (const message of messages) if (isWanted(message, topics)) tell(message);
    from = last.kind === "event" ? last.event.seq : last.gap.to;
  }
}

function isWanted(message: HubMessage, topics: readonly string[]): boolean {
  return message.kind === "gap" || topics.some((each) => matchesGlob(each, message.event.topic));
}

function tellOne({ terminal }: Place, message: HubMessage, json = false): void {
  if (json) {
    const frame = message.kind === "gap" ? { gap: message.gap } : message.event;
    terminal.print(JSON.stringify(frame));
  } else if (message.kind === "gap") {
    const { from, to } = message.gap;
    terminal.warn(`The events ${from} to ${to} are kept no more.`);
  } else {
    const { seq, time, topic, payload } = message.event;
    const { id, summary, by, changed } = payload;
    const who = by === undefined ? "" : ` by ${by}`;
    const fields = Array.isArray(changed) ? ` (${changed.join(", ")})` : "";
    const what = [id, summary].filter((text) => typeof text === "string").join("  ");
    terminal.print(`${seq}  ${new Date(time).toISOString()}  ${topic}  ${what}${fields}${who}`);
  }
}

async function startListener(place: Place, address: string) {
  const { events, config, clock, log, terminal } = place;
  const listener = await listen({
    ...{ address, key: config.eventsKey, hub: events.feed.hub, clock, log },
  });
  terminal.warn(`Events are told at ${listener.url}`);
  return listener;
}

const HOLD_MS = 1_000_000;

async function followUntilEnd({ events: { feed }, config, clock, log, signal }: Place) {
  const following = follow({ look: feed.pump, everyMs: config.eventsMs, clock, log });
  // A clock's timers keep no process alive; somebody listens.
  const hold = setInterval(() => {}, HOLD_MS);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  clearInterval(hold);
  await following.close();
}

function numberFrom0(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TrestleError(
    "invalid_input",
    `--since must be a whole number from 0 on, not "${text}".`,
  );
}
