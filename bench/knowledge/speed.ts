import process from "node:process";
import { createSearchIndex, type SearchIndex, type SearchQuery } from "@trestle-mcp/r2-knowledge";
import { quantile } from "../gateway/statistics.ts";
import { type Kind, makeKinds, meet, meetAgain } from "./diagnoses.ts";
import { createRandom, type Random, withTypos } from "./random.ts";

const KINDS = 1_000;
const LAPS = 5;
const QUESTIONS = 200;
const PIECE = 1_000;
const MB = 1e6;

export interface Speed {
  readonly asked: string;
  readonly searches: number;
  readonly p50: number;
  readonly p99: number;
  /** Of each question the quickest of its laps: that one nobody else was in the way of. */
  readonly quickestP50: number;
  readonly quickestP99: number;
  /** Milliseconds of processor time for one search. */
  readonly processor: number;
}

export interface Sizes {
  readonly documents: number;
  readonly bytesEach: number;
  readonly buildMs: number;
  readonly snapshotMs: number;
  readonly snapshotMb: number;
  readonly loadMs: number;
  readonly loadProcessorMs: number;
  /** Of the whole process, after all searches. */
  readonly rssMb: number;
}

/** Fills an index and writes its snapshot: for a process that then ends, so that another begins with nothing. */
export async function buildSnapshot(count: number, seed: number) {
  const random = createRandom(seed);
  const kinds = makeKinds(KINDS, random);
  const index = createSearchIndex();
  let bytes = 0;
  let buildMs = 0;
  for (let at = 0; at < count; at += PIECE) {
    const lines = Array.from({ length: Math.min(PIECE, count - at) }, (_, of) => {
      const kind = random.below(KINDS);
      const { id, kind: __, ...entry } = meet(kinds[kind] as Kind, kind, at + of, random);
      const { name, message, stack, fix, context } = entry;
      bytes += name.length + message.length + stack.length + fix.length + context.length;
      return { kind: "put" as const, id, version: 1, at, entry };
    });
    const started = performance.now();
    index.apply(lines);
    buildMs += performance.now() - started;
  }
  const started = performance.now();
  const snapshot = await index.snapshot();
  const snapshotMs = performance.now() - started;
  return { snapshot, facts: { documents: count, bytesEach: bytes / count, buildMs, snapshotMs } };
}

export type BuildFacts = Awaited<ReturnType<typeof buildSnapshot>>["facts"];

/** Loads a snapshot and searches it. */
export function measureSpeed(snapshot: Uint8Array, facts: BuildFacts, seed: number) {
  const index = createSearchIndex();
  const before = process.cpuUsage();
  const started = performance.now();
  index.load(snapshot);
  const loadMs = performance.now() - started;
  const loadProcessorMs = millisecondsOf(process.cpuUsage(before));
  const kinds = makeKinds(KINDS, createRandom(seed));
  const random = createRandom(seed + 1);
  const speeds = Object.entries(questionsOf(kinds, random)).map(([asked, make]) =>
    measureOne(index, asked, Array.from({ length: QUESTIONS }, make)),
  );
  const sizes: Sizes = {
    ...facts,
    ...{ snapshotMb: snapshot.length / MB, loadMs, loadProcessorMs },
    rssMb: process.memoryUsage.rss() / MB,
  };
  return { sizes, speeds };
}

function questionsOf(kinds: readonly Kind[], random: Random): Record<string, () => SearchQuery> {
  const error = () => {
    const kind = random.pick(kinds);
    return { name: kind.name, ...meetAgain(kind, random) };
  };
  const words = () => error().message.split(" ").slice(0, 4).join(" ");
  return {
    "four words": () => ({ text: words() }),
    "four words, half of them misspelt": () => ({ text: withTypos(words(), 0.5, random) }),
    "a message": () => ({ message: error().message }),
    "an error with its stack": error,
    "an error, 40 % of words misspelt": () => {
      const asked = error();
      return { ...asked, message: withTypos(asked.message, 0.4, random) };
    },
    "an error, filtered, with facets": () => ({
      ...error(),
      filters: { severities: ["high"], since: 1_000 },
      facets: ["context", "severity"],
    }),
  };
}

function measureOne(index: SearchIndex, asked: string, questions: readonly SearchQuery[]): Speed {
  // The first lap is to warm up.
  for (const question of questions) index.search(question);
  const all: number[] = [];
  const quickest = questions.map(() => Number.POSITIVE_INFINITY);
  const before = process.cpuUsage();
  for (let lap = 0; lap < LAPS; lap += 1) {
    for (const [at, question] of questions.entries()) {
      const started = performance.now();
      index.search(question);
      const took = performance.now() - started;
      all.push(took);
      quickest[at] = Math.min(took, quickest[at] ?? took);
    }
  }
  const processor = millisecondsOf(process.cpuUsage(before)) / all.length;
  all.sort((a, b) => a - b);
  quickest.sort((a, b) => a - b);
  return {
    ...{ asked, searches: all.length, processor },
    ...{ p50: quantile(all, 0.5), p99: quantile(all, 0.99) },
    ...{ quickestP50: quantile(quickest, 0.5), quickestP99: quantile(quickest, 0.99) },
  };
}

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
