import { createProgressBar } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import type { Ingestion } from "../ingest/open-ingestion.ts";
import { counted } from "../reports/clip.ts";
import type { Source } from "../sources/source.ts";
import type { State } from "../state.ts";
import type { Committed } from "../store/tracker-store.ts";
import { every, orCancelled } from "./catching-up.ts";
import { KINDS, type Kind, sourceAt } from "./kind-of.ts";
import { type Json, oneOf, withJson } from "./options.ts";
import { pause } from "./pause.ts";
import type { Place, TrackerCli } from "./place.ts";
import { printJson } from "./show.ts";

interface Options extends Json {
  readonly kind?: Kind;
}

/** What became of reading. */
interface Ingested {
  readonly files: number;
  readonly bytes: number;
  /** Stored now; what was read before is not stored again. */
  readonly records: number;
  readonly tasks: number;
  readonly newErrors: number;
  readonly skipped: number;
  readonly problems: readonly string[];
  /** Another process reads what is watched, and this one did not. */
  readonly isReadElsewhere?: boolean;
}

const LOOK_MS = 100;
/** The last line of a file is read when nothing was added to it for five seconds. */
const LAST_LINES_MS = 7_000;
const AGAIN_MS = 500;

/** The command that reads files now, to their end. */
export function addIngesting({ program, runs }: TrackerCli): void {
  withJson(
    program
      .command("ingest")
      .description("read files and folders now; without any, all that is watched, to the end")
      .argument("[paths...]", "transcripts, chats or logs: files, folders, or a glob of logs")
      .option("--kind <name>", `what is there: ${KINDS.join(", ")}`, oneOf("--kind", KINDS)),
  ).action(runs(ingest));
}

async function ingest(place: Place, paths: string[], { kind, json }: Options): Promise<number> {
  const state = await place.open({ reading: paths.length === 0, health: false });
  const done =
    paths.length === 0
      ? await ingestWatched(state, place)
      : await ingestPaths(state, place, { paths, kind });
  if (json) printJson(place, done);
  else place.terminal.print(toText(done));
  for (const problem of done.problems) place.terminal.warn(problem);
  return done.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

async function ingestPaths(
  state: State,
  place: Place,
  { paths, kind }: { readonly paths: readonly string[]; readonly kind: Kind | undefined },
): Promise<Ingested> {
  const sources: Source[] = [];
  for (const path of paths) {
    const found = await sourceAt(path, { kind, home: state.home, folder: place.process.cwd() });
    const name = unusedName(found.name, sources);
    sources.push({ ...found, name });
    if (kind === undefined) place.terminal.warn(`${found.path}: read as ${found.kind}.`);
  }
  const tally = createTally();
  const ingestion = state.readFiles(sources, tally.add);
  try {
    return await readToEnd(ingestion, {
      state,
      place,
      tally,
      names: sources.map(({ name }) => name),
    });
  } finally {
    await ingestion.close();
  }
}

async function ingestWatched(state: State, place: Place): Promise<Ingested> {
  const { ingestion } = state;
  if (ingestion === undefined) return nothing("Nothing is read: TRACKER_READ is off.");
  const before = await state.store.stats();
  const done = await readToEnd(ingestion, { state, place, tally: createTally(), names: [] });
  if (!ingestion.status().isReading) return { ...nothing(), isReadElsewhere: true };
  const after = await state.store.stats();
  return {
    ...done,
    records: Math.max(0, after.records - before.records),
    tasks: Math.max(0, after.tasks - before.tasks),
    newErrors: Math.max(0, after.errorGroups - before.errorGroups),
  };
}

function nothing(...problems: readonly string[]): Ingested {
  return {
    files: 0,
    bytes: 0,
    records: 0,
    tasks: 0,
    newErrors: 0,
    skipped: 0,
    problems,
  };
}

interface Reading {
  readonly state: State;
  readonly place: Place;
  readonly tally: Tally;
  /** Of the sources whose lines are counted that were not understood. */
  readonly names: readonly string[];
}

async function readToEnd(
  ingestion: Ingestion,
  { state, place, tally, names }: Reading,
): Promise<Ingested> {
  const { terminal, clock, signal } = place;
  const bar = createProgressBar(terminal, clock);
  const skippedBefore = await skippedOf(state, names);
  const stop = every(clock, LOOK_MS, () => {
    const { bytes, backlog } = ingestion.status();
    if (bytes.all === 0) return;
    const left = backlog > 0 ? `, ${counted(backlog, "file")} left` : "";
    bar.show(`${size(bytes.stored)} of ${size(bytes.all)}${left}`, bytes.stored / bytes.all);
  });
  try {
    await orCancelled(ingestion.catchUp(), signal);
    for (const until = clock.now() + LAST_LINES_MS; clock.now() < until; ) {
      const { bytes, problems, isReading } = ingestion.status();
      if (bytes.stored === bytes.all || problems.length > 0 || !isReading) break;
      await pause(clock, AGAIN_MS, signal);
      await orCancelled(ingestion.catchUp(), signal);
    }
    // The last line of a log may have gone on: that it did not is told by a short silence.
    await pause(clock, AGAIN_MS, signal);
    await orCancelled(ingestion.catchUp(), signal);
  } finally {
    stop();
    bar.clear();
  }
  const { files, bytes, problems } = ingestion.status();
  const skipped = (await skippedOf(state, names)) - skippedBefore;
  return {
    ...{ files, bytes: bytes.stored, ...tally.sums(), skipped },
    problems: [
      ...problems.map(({ message }) => message),
      ...(names.length > 0 && files === 0 && problems.length === 0
        ? ["No file there has a name that is read: --kind says what it is."]
        : []),
    ],
  };
}

async function skippedOf({ store }: State, names: readonly string[]): Promise<number> {
  const all = await store.skipped();
  return all
    .filter(({ source }) => names.length === 0 || names.includes(source))
    .reduce((sum, { count }) => sum + count, 0);
}

interface Tally {
  add(committed: Committed): void;
  sums(): { readonly records: number; readonly tasks: number; readonly newErrors: number };
}

function createTally(): Tally {
  const tasks = new Set<string>();
  let [records, newErrors] = [0, 0];
  return {
    add(committed) {
      records += committed.records.length;
      newErrors += committed.newGroups.length;
      for (const task of committed.tasks) tasks.add(task);
    },
    sums: () => ({ records, tasks: tasks.size, newErrors }),
  };
}

function unusedName(name: string, others: readonly Source[]): string {
  const isUsed = (wanted: string) => others.some((other) => other.name === wanted);
  for (let n = 2, wanted = name; ; n += 1) {
    if (!isUsed(wanted)) return wanted;
    wanted = `${name.slice(0, 60)}-${n}`;
  }
}

function toText(done: Ingested): string {
  if (done.isReadElsewhere)
    return "Another process reads what is watched: all of it is known within seconds.";
  const { files, bytes, records, tasks, newErrors, skipped } = done;
  const told = skipped > 0 ? ` ${counted(skipped, "line")} could not be understood.` : "";
  return `Read ${size(bytes)} of ${counted(files, "file")}: ${counted(records, "new record")}, ${counted(tasks, "task")}, ${counted(newErrors, "new kind")} of errors.${told}`;
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
