import { type Interval, medianWithInterval, showInterval } from "../gateway/statistics.ts";
import type { Row } from "../measure.ts";
import type { Drawn } from "./drawing.ts";
import type { Told } from "./events.ts";
import type { FirstLoad } from "./first-load.ts";
import type { Scrolled } from "./scrolling.ts";

export interface Results {
  readonly loads: readonly FirstLoad[];
  readonly scrolled: Scrolled | undefined;
  readonly told: readonly Told[];
  /** Events a second that were meant to come. */
  readonly rate: number;
}

interface Target {
  readonly what: string;
  readonly bound: "at most" | "at least";
  readonly target: number;
  readonly figure: Interval;
  readonly digits?: number;
}

const LOAD_KB = 250;
const INTERACTIVE_MS = 1_000;
/** Sixty, but for what the clock of the browser rounds. */
const FPS = 59.5;
/** What there is for one picture of sixty a second. */
const FRAME_MS = 16.7;
/** Of what an empty page reaches in the same seconds. */
const OF_FLOOR = 0.95;
/** A page that draws nothing for so long is frozen to whoever uses it. */
const FROZEN_MS = 200;
/** Of the events that were meant to come: with fewer the figures beside them are worth nothing. */
const OF_RATE = 0.95;

export function judge({ loads, scrolled, told, rate }: Results): Row[] {
  return [
    ...(loads.length === 0 ? [] : ofLoads(loads)),
    ...(scrolled === undefined ? [] : ofScrolling(scrolled)),
    ...told.flatMap((each) => ofEvents(each, rate)),
  ].map(toRow);
}

function ofLoads(loads: readonly FirstLoad[]): Target[] {
  return [
    {
      ...{ what: "first load of the overview, kB compressed", bound: "at most", target: LOAD_KB },
      figure: over(loads, kilobytes),
      digits: 1,
    },
    {
      ...{ what: "overview interactive, ms", bound: "at most", target: INTERACTIVE_MS },
      figure: over(loads, ({ interactive }) => interactive),
      digits: 0,
    },
  ];
}

export function kilobytes({ bytes }: FirstLoad): number {
  return Object.values(bytes).reduce((sum, each) => sum + each, 0) / 1_000;
}

function ofScrolling({ rounds }: Scrolled): Target[] {
  return ofDrawing("scrolling", rounds);
}

function ofEvents({ page, rounds }: Told, rate: number): Target[] {
  return [
    {
      ...{ what: `events, ${page}: that came, /s`, bound: "at least", target: rate * OF_RATE },
      figure: over(rounds, ({ messagesPerSecond }) => messagesPerSecond),
      digits: 0,
    },
    ...ofDrawing(`events, ${page}`, rounds).filter(({ what }) => !what.endsWith("a second")),
    {
      ...{ what: `events, ${page}: longest task, ms`, bound: "at most", target: FROZEN_MS },
      figure: over(rounds, ({ longestTask }) => longestTask),
      digits: 0,
    },
  ];
}

function ofDrawing(what: string, rounds: readonly Drawn[]): Target[] {
  return [
    {
      ...{ what: `${what}: frames a second`, bound: "at least", target: FPS },
      figure: over(rounds, ({ fps }) => fps),
      digits: 1,
    },
    {
      ...{ what: `${what}: frames ×empty page`, bound: "at least", target: OF_FLOOR },
      figure: over(rounds, ({ fps, floorFps }) => fps / floorFps),
    },
    {
      ...{ what: `${what}: CPU of a frame, ms`, bound: "at most", target: FRAME_MS },
      figure: over(rounds, ({ cpuPerFrame }) => cpuPerFrame),
      digits: 1,
    },
    {
      ...{ what: `${what}: longest frame, ms`, bound: "at most", target: FROZEN_MS },
      figure: over(rounds, ({ longestFrame }) => longestFrame),
      digits: 0,
    },
  ];
}

export function over<Each>(all: readonly Each[], figure: (each: Each) => number): Interval {
  return medianWithInterval(all.map(figure));
}

function toRow({ what, bound, target, figure, digits = 2 }: Target): Row {
  const isMet = bound === "at most" ? figure.median <= target : figure.median >= target;
  const isUnsure = figure.low <= target && target <= figure.high && figure.low !== figure.high;
  return {
    target: what,
    bound: `${bound} ${target}`,
    figure: showInterval(figure, digits),
    verdict: `${isMet ? "met" : "NOT MET"}${isUnsure ? ", within the noise" : ""}`,
  };
}
