import { cpus, loadavg } from "node:os";
import process from "node:process";
import { describeVariant, variants } from "../gateway/installation.ts";
import { showInterval } from "../gateway/statistics.ts";
import {
  choiceFrom,
  countFrom,
  progress,
  type Report,
  type Table,
  writeResult,
} from "../measure.ts";
import { openBrowser } from "./browser.ts";
import type { Drawn } from "./drawing.ts";
import { watchEvents } from "./events.ts";
import { type FirstLoad, loadFirst } from "./first-load.ts";
import { type Scrolled, scrollHistory } from "./scrolling.ts";
import { startStage } from "./stage.ts";
import { judge, kilobytes, over, type Results } from "./verdict.ts";

const PARTS = ["load", "scroll", "events"] as const;

/** The dashboard in a real browser at a real bridge: ROUNDS, ROWS, RATE and PARTS choose. */
export async function benchDashboard(): Promise<Report> {
  const rounds = countFrom("ROUNDS", 10);
  const rows = countFrom("ROWS", 100_000);
  const rate = countFrom("RATE", 1_000);
  const parts = choiceFrom("PARTS", PARTS);
  const [variant = "source"] = variants();
  const stage = await startStage(variant, rows);
  const browser = await openBrowser();
  const chromium = browser.version();
  try {
    const loads: FirstLoad[] = [];
    for (let round = 0; parts.includes("load") && round < rounds; round += 1) {
      progress(`first load, round ${round + 1}`);
      loads.push(await loadFirst(browser, stage));
    }
    const scrolled = parts.includes("scroll")
      ? await scrollHistory(browser, stage, { rows, rounds })
      : undefined;
    // Last, because each event is a row of the history.
    const told = parts.includes("events")
      ? await watchEvents(browser, stage, { rate, rounds })
      : [];
    const results: Results = { loads, scrolled, told, rate };
    const about = { node: process.version, chromium, processors: cpus().length, load: loadavg() };
    writeResult("dashboard", { ...about, variant, rounds, rows, ...results });
    return {
      heading: `Chromium ${chromium} without a graphics card, ${about.processors} processors, load ${loadavg()[0]?.toFixed(1)}; the bridge: ${describeVariant(variant)}; ${rounds} rounds.`,
      tables: tablesOf(results, rows),
    };
  } finally {
    await browser.close();
    await stage.stop();
  }
}

function tablesOf(results: Results, rows: number): Table[] {
  const { loads, scrolled, told, rate } = results;
  return [
    ...(loads.length === 0 ? [] : [loadTable(loads)]),
    ...(scrolled === undefined ? [] : [scrollTable(scrolled, rows)]),
    ...(told.length === 0
      ? []
      : [
          {
            title: `While ${rate} calls/s end, by page`,
            rows: told.map(({ page, rounds }) => ({ page, ...rowOf(rounds) })),
          },
        ]),
    { title: "Targets", rows: judge(results) },
  ];
}

function loadTable(loads: readonly FirstLoad[]): Table {
  const kinds = Object.keys(loads[0]?.bytes ?? {}) as (keyof FirstLoad["bytes"])[];
  return {
    title: "First load of the overview, by a browser that was never there",
    rows: [
      ...kinds.map((kind) => ({
        what: `${kind}, kB compressed`,
        figure: showInterval(
          over(loads, ({ bytes }) => bytes[kind] / 1_000),
          1,
        ),
      })),
      { what: "all, kB compressed", figure: showInterval(over(loads, kilobytes), 1) },
      ...(
        [
          ["an address without a page, loaded, ms", "floor"],
          ["first content, ms", "painted"],
          ["data shown, ms", "shown"],
          ["interactive, ms", "interactive"],
          ["CPU of the page until then, ms", "cpuMs"],
        ] as const
      ).map(([what, key]) => ({
        what,
        figure: showInterval(
          over(loads, (load) => load[key]),
          0,
        ),
      })),
    ],
  };
}

function scrollTable({ rounds, elements, ...loading }: Scrolled, rows: number): Table {
  return {
    title: `Scrolling ${rows} rows; they came in ${loading.secondsLoading.toFixed(1)} s, longest task ${loading.longestTaskLoading.toFixed(0)} ms; ${elements} elements on the page`,
    rows: [{ page: "history", ...rowOf(rounds) }],
  };
}

function rowOf(rounds: readonly Drawn[]) {
  const show = (figure: (round: Drawn) => number, digits: number) =>
    showInterval(over(rounds, figure), digits);
  return {
    "frames/s": show(({ fps }) => fps, 1),
    "empty page": show(({ floorFps }) => floorFps, 1),
    "CPU ms/frame": show(({ cpuPerFrame }) => cpuPerFrame, 1),
    "empty page  ": show(({ floorCpuPerFrame }) => floorCpuPerFrame, 1),
    "longest frame ms": show(({ longestFrame }) => longestFrame, 0),
    "empty page ": show(({ floorLongestFrame }) => floorLongestFrame, 0),
    "longest task ms": show(({ longestTask }) => longestTask, 0),
    "frames with gaps": show(({ uncovered }) => uncovered, 0),
    "messages/s": show(({ messagesPerSecond }) => messagesPerSecond, 0),
  };
}
