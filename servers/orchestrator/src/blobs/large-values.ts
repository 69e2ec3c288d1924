import { createHash } from "node:crypto";
import type { RunEvent, RunState, Unit } from "@trestle/flow";
import { isJsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import type { Append, StoredRun } from "../runs/run-store.ts";
import type { BlobStore } from "./blob-store.ts";

/** Characters of JSON from which on a value is kept beside the log. */
const LARGE = 64 * 1024;
/** What stands in the log for a value that is kept beside it. */
const MARK = "trestle/blob";

/** The log of a run with its large values taken out. Each is stored once, however often the log has it. */
export async function takeOut(run: string, append: Append, blobs: BlobStore): Promise<Append> {
  const known = new Map<JsonValue, JsonValue>();
  const small = async (value: JsonValue): Promise<JsonValue> => {
    if (typeof value !== "object" && typeof value !== "string") return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const reference = await keep(run, value, blobs);
    known.set(value, reference);
    return reference;
  };
  const { events, output, snapshot } = append;
  if (snapshot === undefined && !hasLarge(append)) return append;
  return {
    ...append,
    events: await changeEvents(events, small),
    ...(output === undefined ? {} : { output: await small(output) }),
    ...(snapshot === undefined ? {} : { snapshot: await changeState(snapshot, small) }),
  };
}

function hasLarge({ events, output }: Append): boolean {
  const results = new Set(events.flatMap((event) => ("result" in event ? [event.result] : [])));
  if (output !== undefined) results.add(output);
  for (const value of results)
    if (isReference(value) || JSON.stringify(value).length >= LARGE) return true;
  return false;
}

/** The run as it was before its large values were taken out. */
export async function putBack<Stored extends StoredRun>(
  stored: Stored,
  blobs: BlobStore,
): Promise<Stored> {
  const whole = (value: JsonValue) => fetch(stored.id, value, blobs);
  const { events, output, snapshot } = stored;
  return {
    ...stored,
    events: await putEventsBack(stored.id, events, blobs),
    ...(output === undefined ? {} : { output: await whole(output) }),
    ...(snapshot === undefined
      ? {}
      : { snapshot: { ...snapshot, state: await changeState(snapshot.state, whole) } }),
  };
}

export async function putEventsBack(
  run: string,
  events: readonly RunEvent[],
  blobs: BlobStore,
): Promise<readonly RunEvent[]> {
  if (!events.some((event) => "result" in event && isReference(event.result))) return events;
  return changeEvents(events, (value) => fetch(run, value, blobs));
}

type Change = (value: JsonValue) => Promise<JsonValue>;

/** One after the other: a transaction asks one thing at a time, and what comes twice is kept once. */
async function changeEvents(events: readonly RunEvent[], change: Change): Promise<RunEvent[]> {
  const changed: RunEvent[] = [];
  for (const event of events) {
    const isChanged = "result" in event;
    changed.push(isChanged ? { ...event, result: await change(event.result) } : event);
  }
  return changed;
}

async function changeState(state: RunState, change: Change): Promise<RunState> {
  const steps = await changeEach(state.steps, async (step) =>
    step.status === "succeeded" ? { ...step, result: await change(step.result) } : step,
  );
  const units = await changeEach(state.units, async (all) => {
    const changed: Unit[] = [];
    for (const unit of all)
      changed.push(
        unit.result === undefined ? unit : { ...unit, result: await change(unit.result) },
      );
    return changed;
  });
  return { ...state, steps, units };
}

async function changeEach<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Promise<Value>,
): Promise<Record<string, Value>> {
  const changed: [string, Value][] = [];
  for (const [name, value] of Object.entries(record)) changed.push([name, await change(value)]);
  return Object.fromEntries(changed);
}

/** A tool's own value that looks like a reference is kept too, so that no reference is ever forged. */
async function keep(run: string, value: JsonValue, blobs: BlobStore): Promise<JsonValue> {
  const text = JSON.stringify(value);
  if (text.length < LARGE && !isReference(value)) return value;
  const digest = createHash("sha256").update(text).digest("hex");
  await blobs.put(run, digest, text);
  return { [MARK]: digest, characters: text.length };
}

async function fetch(run: string, value: JsonValue, blobs: BlobStore): Promise<JsonValue> {
  if (!isReference(value)) return value;
  const digest = String(value[MARK]);
  const text = await blobs.get(run, digest);
  if (text !== undefined) return JSON.parse(text) as JsonValue;
  const problem = `A result of the run ${run} is missing where large results are kept (${digest})`;
  throw new TrestleError("unavailable", `${problem}; bring the folder or table of blobs back`);
}

function isReference(value: JsonValue): value is { [MARK]: JsonValue } {
  return isJsonObject(value) && Object.hasOwn(value, MARK);
}
