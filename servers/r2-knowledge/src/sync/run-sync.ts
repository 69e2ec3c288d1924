import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import {
  type CallOptions,
  type ObjectStore,
  ObjectStoreError,
} from "../object-store/object-store.ts";
import { copyObject, hashObject } from "./copy-object.ts";
import {
  type KeyState,
  type Listed,
  planKey,
  type Side,
  type SyncRules,
  type SyncStep,
  settleBoth,
} from "./plan-sync.ts";
import { openSyncState, type SyncState } from "./sync-state.ts";

export interface SyncPlace {
  readonly store: ObjectStore;
  /** What every key begins with there, and what the other place's keys do not have. */
  readonly prefix?: string | undefined;
}

export interface SyncOptions extends CallOptions {
  readonly source: SyncPlace;
  readonly target: SyncPlace;
  readonly rules: SyncRules;
  /** Where it is remembered what is equal. */
  readonly state: { readonly store: ObjectStore; readonly key: string };
  /** Keys, without the prefix, that are left alone. */
  readonly without?: ((key: string) => boolean) | undefined;
  readonly dryRun?: boolean | undefined;
  readonly width?: number | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

export interface SyncResult {
  /** What was done, or in a dry run what would be. */
  readonly steps: readonly SyncStep[];
  readonly copied: Readonly<Record<"toSource" | "toTarget", number>>;
  readonly deleted: Readonly<Record<"inSource" | "inTarget", number>>;
  readonly bytes: number;
  /** Both had it, and it was the same. */
  readonly equal: number;
  readonly conflicts: readonly { readonly key: string; readonly why: string }[];
  /** Keys that somebody wrote while they were to be copied: the next run sees to them. */
  readonly overtaken: readonly string[];
}

const WIDTH = 16;
/** What is done is saved every so many steps: a run that was stopped goes on from there. */
const SAVE_EVERY = 500;

/**
 * Makes two places equal, by what changed on either side since the last run. Copies and replacements
 * happen only over the version that was seen, so that no write of anybody is lost; whatever stops a run,
 * the next goes on.
 *
 * @throws ObjectStoreError `unavailable` where another sync of the same two places runs
 */
export async function runSync(options: SyncOptions): Promise<SyncResult> {
  const { signal, width = WIDTH, onProgress, dryRun = false } = options;
  const state = await openSyncState(options.state.store, options.state.key, { signal });
  const work = await planSync(options, state);
  const tally = createTally();
  if (dryRun) return { ...tally.result(), steps: work.map(({ step }) => step) };

  let done = 0;
  let saving: Promise<void> | undefined;
  try {
    await inParallel(work, width, async (one) => {
      await doStep(one, { options, state, tally });
      done += 1;
      onProgress?.({ done, total: work.length });
      if (done % SAVE_EVERY !== 0) return;
      await saving;
      saving = state.save({ signal });
      await saving;
    });
  } finally {
    // What was done is true also where the rest failed. A save that another sync overtook is told.
    if (state.isChanged) await state.save();
  }
  return { ...tally.result(), steps: work.map(({ step }) => step) };
}

interface Work {
  readonly step: SyncStep;
  readonly state: KeyState;
}

async function planSync(options: SyncOptions, state: SyncState): Promise<Work[]> {
  const { source, target, rules, without, signal } = options;
  const [inSource, inTarget] = await Promise.all([
    listPlace(source, without, { signal }),
    listPlace(target, without, { signal }),
  ]);
  const keys = new Set([...inSource.keys(), ...inTarget.keys(), ...state.pairs.keys()]);
  const work: Work[] = [];
  for (const key of [...keys].sort()) {
    const one = {
      key,
      source: inSource.get(key),
      target: inTarget.get(key),
      pair: state.pairs.get(key),
    };
    const step = planKey(one, rules);
    if (step) work.push({ step, state: one });
  }
  return work;
}

async function listPlace(
  { store, prefix = "" }: SyncPlace,
  without: SyncOptions["without"],
  call: CallOptions,
): Promise<Map<string, Listed>> {
  const listed = new Map<string, Listed>();
  for await (const { key: full, etag, size, modified } of eachObject(store, prefix, call)) {
    const key = full.slice(prefix.length);
    if (!without?.(key)) listed.set(key, { etag, size, modified });
  }
  return listed;
}

interface Parts {
  readonly options: SyncOptions;
  readonly state: SyncState;
  readonly tally: Tally;
}

async function doStep({ step, state: one }: Work, parts: Parts): Promise<void> {
  const { options, state, tally } = parts;
  try {
    if (step.action === "copy") await copy(step, one, parts);
    else if (step.action === "delete") await remove(step, one, parts);
    else if (step.action === "compare") await compare(one, parts);
    else if (step.action === "conflict") tally.conflict(step.key, step.why);
    else state.forget(step.key);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
    options.signal?.throwIfAborted();
    tally.overtaken(step.key);
  }
}

type CopyStep = Extract<SyncStep, { action: "copy" }>;
type DeleteStep = Extract<SyncStep, { action: "delete" }>;

async function copy(step: CopyStep, one: KeyState, { options, state, tally }: Parts) {
  const { key, from, keepLoser = false } = step;
  const to: Side = from === "source" ? "target" : "source";
  const there = one[to];
  if (keepLoser && there) await keepBeside(one, to, { options, state });
  const when = there ? { etag: there.etag } : ("absent" as const);
  const { signal } = options;
  const copied = await copyObject(placeOf(options, from, key), placeOf(options, to, key), {
    when,
    signal,
  });
  if (!copied) return tally.overtaken(key);
  const pair =
    from === "source"
      ? { source: copied.from, target: copied.to }
      : { source: copied.to, target: copied.from };
  state.set(key, pair);
  tally.copied(to, copied.bytes);
}

/** The version that loses is kept under a name of its own, told by the version; in both places where both may change. */
async function keepBeside(
  { key, ...one }: KeyState,
  side: Side,
  { options, state }: Pick<Parts, "options" | "state">,
): Promise<void> {
  const etag = (one[side]?.etag ?? "").replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 32);
  const beside = `${key}.conflict-${etag}`;
  const other: Side = side === "source" ? "target" : "source";
  const own = placeOf(options, side, beside);
  await copyOnce(placeOf(options, side, key), own, options);
  if (options.rules.direction === "one-way") return;
  const copied = await copyOnce(own, placeOf(options, other, beside), options);
  if (!copied) return;
  const { from, to } = copied;
  state.set(
    beside,
    side === "source" ? { source: from, target: to } : { source: to, target: from },
  );
}

/** Undefined where it is there already: a run that was stopped made it. */
async function copyOnce(
  from: ReturnType<typeof placeOf>,
  to: ReturnType<typeof placeOf>,
  { signal }: SyncOptions,
) {
  try {
    return await copyObject(from, to, { when: "absent", signal });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
    return undefined;
  }
}

async function remove({ key, on }: DeleteStep, one: KeyState, { options, state, tally }: Parts) {
  const place = placeOf(options, on, key);
  const facts = await place.store.head(place.key, { signal: options.signal });
  if (facts && facts.etag !== one[on]?.etag) {
    throw new ObjectStoreError("precondition_failed", `${key} was changed.`);
  }
  await place.store.delete(place.key, { signal: options.signal });
  state.forget(key);
  tally.deleted(on);
}

async function compare(one: KeyState, parts: Parts): Promise<void> {
  const { options, state, tally } = parts;
  const { key, source, target } = one;
  if (source?.size === target?.size) {
    const [here, there] = await Promise.all(
      (["source", "target"] as const).map((side) => {
        const { store, key: full } = placeOf(options, side, key);
        return hashObject(store, full, { signal: options.signal });
      }),
    );
    if (!here || !there) return tally.overtaken(key);
    if (here.hash === there.hash) {
      state.set(key, { source: here.etag, target: there.etag });
      return tally.equal();
    }
  }
  const step = settleBoth(one, options.rules);
  if (step.action === "copy") await copy(step, one, parts);
  else if (step.action === "conflict") tally.conflict(key, step.why);
}

function placeOf(options: SyncOptions, side: Side, key: string) {
  const { store, prefix = "" } = options[side];
  return { store, key: `${prefix}${key}` };
}

type Tally = ReturnType<typeof createTally>;

function createTally() {
  const copied = { toSource: 0, toTarget: 0 };
  const deleted = { inSource: 0, inTarget: 0 };
  const conflicts: { key: string; why: string }[] = [];
  const overtaken: string[] = [];
  const sums = { bytes: 0, equal: 0 };
  return {
    copied(to: Side, bytes: number) {
      copied[to === "source" ? "toSource" : "toTarget"] += 1;
      sums.bytes += bytes;
    },
    deleted(on: Side) {
      deleted[on === "source" ? "inSource" : "inTarget"] += 1;
    },
    equal() {
      sums.equal += 1;
    },
    conflict(key: string, why: string) {
      conflicts.push({ key, why });
    },
    overtaken(key: string) {
      overtaken.push(key);
    },
    result: () => ({ copied, deleted, ...sums, conflicts, overtaken }),
  };
}
