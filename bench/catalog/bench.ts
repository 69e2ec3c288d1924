import { cpus } from "node:os";
import process from "node:process";
import { describeVariant, type Variant, variants } from "../gateway/installation.ts";
import { freePort } from "../gateway/peers.ts";
import { type Interval, showInterval } from "../gateway/statistics.ts";
import { choiceFrom, countFrom, progress, type Report, type Row, writeResult } from "../measure.ts";
import { type KnownHome, knownHome, type Size } from "./home.ts";
import { FLOOR, type ListResult, measureLists, measureStdioLists } from "./lists.ts";
import { measureSearches, type SearchResult } from "./searches.ts";
import { measureStarts, NODE_ALONE, type StartResult } from "./starts.ts";

/** What a person with many servers has. */
const MANY: Size = { servers: 20, tools: 245 };
const VERY_MANY: Size = { servers: 20, tools: 10_000 };

const START_MS = 200;
const LIST_MS = 1;
const SEARCH_MS = 5;

type Part = "starts" | "lists" | "search";

interface Results {
  readonly starts: readonly StartResult[];
  readonly lists: readonly ListResult[];
  readonly search?: SearchResult;
}

/**
 * What the catalog costs where the servers are known: the start to the first list, every further list, a
 * search. Fails where a process was started for it.
 */
export async function benchCatalog(): Promise<Report> {
  const settings = {
    rounds: countFrom("ROUNDS", 10),
    lists: countFrom("LISTS", 200),
    searches: countFrom("SEARCHES", 200),
    starts: countFrom("STARTS", 11),
    parts: choiceFrom<Part>("PARTS", ["starts", "lists", "search"]),
  };
  const [variant = "source"] = variants();
  const results = await measureAll(variant, settings);
  const about = { bridge: describeVariant(variant), node: process.version, cpus: cpus().length };
  const targets = targetsOf(results);
  writeResult("catalog", { ...about, ...settings, ...results, targets });
  const { rounds, lists, searches, starts } = settings;
  const tables = [
    {
      title: `From the start of the process to the first list of ${MANY.tools} tools of ${MANY.servers} servers; ${starts} starts`,
      rows: results.starts.map(startRow),
    },
    {
      title: `tools/list with ${MANY.tools} tools, one at a time; ${rounds} rounds of ${lists}`,
      rows: results.lists.map(listRow),
    },
    {
      title: `find_tools among ${VERY_MANY.tools} tools over HTTP; ${rounds} rounds of ${searches}`,
      rows: results.search ? [searchRow(results.search)] : [],
    },
    { title: "Targets", rows: targets },
  ];
  return {
    heading: `Bridge: ${about.bridge}. Node ${about.node}, ${about.cpus} processors.`,
    tables: tables.filter(({ rows }) => rows.length > 0),
    failures: [...results.starts, ...results.lists]
      .filter(({ children }) => children > 0)
      .map(({ what, children }) => `${what}: ${children} processes were running.`),
  };
}

interface Settings {
  readonly rounds: number;
  readonly lists: number;
  readonly searches: number;
  readonly starts: number;
  readonly parts: readonly Part[];
}

async function measureAll(variant: Variant, settings: Settings): Promise<Results> {
  const { parts } = settings;
  const port = await freePort();
  const many = await knownHome(variant, MANY, port);
  try {
    const starts = parts.includes("starts") ? await measureStarts(many, port, settings.starts) : [];
    const lists = parts.includes("lists") ? await measureAllLists(many, settings) : [];
    const search = parts.includes("search") ? await measureSearch(variant, settings) : undefined;
    return { starts, lists, ...(search && { search }) };
  } finally {
    many.remove();
  }
}

async function measureAllLists(home: KnownHome, settings: Settings): Promise<ListResult[]> {
  progress("lists");
  return [...(await measureLists(home, settings)), ...(await measureStdioLists(home, settings))];
}

async function measureSearch(variant: Variant, settings: Settings): Promise<SearchResult> {
  progress(`searches among ${VERY_MANY.tools} tools`);
  const home = await knownHome(variant, VERY_MANY);
  try {
    return await measureSearches(home, settings);
  } finally {
    home.remove();
  }
}

function startRow({ what, ms, cpuMs, children }: StartResult): Row {
  return {
    what,
    ms: showInterval(ms, 0),
    "CPU ms": showInterval(cpuMs, 0),
    "processes by then": children,
  };
}

function listRow({ what, p50, p99, bytes, children }: ListResult): Row {
  return {
    what,
    "p50 ms": showInterval(p50, 3),
    "p99 ms": showInterval(p99, 2),
    bytes,
    "processes then": children,
  };
}

function searchRow({ p50, p99, firstMs }: SearchResult): Row {
  return {
    "p50 ms": showInterval(p50, 3),
    "p99 ms": showInterval(p99, 2),
    "first, with the index, ms": firstMs.toFixed(0),
  };
}

function targetsOf({ starts, lists, search }: Results): Row[] {
  return [
    ...starts
      .filter(({ what }) => what !== NODE_ALONE)
      .map(({ what, ms }) => target(`first list, ${what}, ms`, START_MS, ms)),
    ...lists
      .filter(({ what }) => what !== FLOOR)
      .map(({ what, p50 }) => target(`tools/list p50, ${what}, ms`, LIST_MS, p50)),
    ...(search ? [target("find_tools p99, ms", SEARCH_MS, search.p99)] : []),
  ];
}

function target(what: string, most: number, figure: Interval): Row {
  const isUnsure = figure.low <= most && most <= figure.high;
  const verdict = figure.median <= most ? "met" : "NOT MET";
  return {
    target: what,
    bound: `at most ${most}`,
    figure: showInterval(figure),
    verdict: `${verdict}${isUnsure ? ", within the noise" : ""}`,
  };
}
