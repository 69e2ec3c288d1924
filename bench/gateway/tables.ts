import type { Row } from "../measure.ts";
import type { PeerResult } from "./cells.ts";
import type { Check } from "./checks.ts";
import type { HitResult } from "./hits.ts";
import type { MemoryResult } from "./memory.ts";
import type { StartResult } from "./start.ts";
import { showInterval } from "./statistics.ts";
import type { SurfaceResult } from "./surfaces.ts";

/** Results as lines to read. Ratios carry their 95 % interval. */

export function cellRow({ kind, era, concurrency, peer, figures, timesFloor }: PeerResult): Row {
  const middle = (figure: keyof typeof figures, digits: number) =>
    figures[figure].median.toFixed(digits);
  return {
    upstream: kind,
    era,
    c: concurrency,
    peer,
    "p50 ms": middle("p50 ms", 3),
    "p95 ms": middle("p95 ms", 2),
    "p99 ms": middle("p99 ms", 2),
    "calls/s": middle("calls/s", 0),
    "CPU ms": middle("CPU ms", 3),
    "CPU ×floor": showInterval(timesFloor["CPU ms"]),
    "calls/s ×floor": showInterval(timesFloor["calls/s"]),
    "p50 ×floor": showInterval(timesFloor["p50 ms"]),
    "p99 ×floor": showInterval(timesFloor["p99 ms"]),
  };
}

export function hitRow({ era, characters, p50, p95, cpuMs, directP50 }: HitResult): Row {
  return {
    era,
    characters,
    "p50 ms": showInterval(p50, 3),
    "p95 ms": showInterval(p95, 3),
    "CPU ms": showInterval(cpuMs, 3),
    "the server itself, p50 ms": showInterval(directP50, 3),
  };
}

export function surfaceRow({ peer, kind, era, concurrency, ...figures }: SurfaceResult): Row {
  return {
    peer,
    upstream: kind,
    era,
    c: concurrency,
    "calls/s": showInterval(figures.callsPerSecond, 0),
    "without, calls/s": showInterval(figures.plainCallsPerSecond, 0),
    "CPU ms": showInterval(figures.cpuMs, 3),
    "calls/s ×without": showInterval(figures.ofPlain),
    "CPU ×without": showInterval(figures.cpuOfPlain),
    "spans of a call": figures.spansPerCall.toFixed(1),
    "events of a call": figures.eventsPerCall.toFixed(2),
  };
}

export function memoryRow({ peer, kind, idle, loaded, opened }: MemoryResult): Row {
  return {
    upstream: kind,
    peer,
    "idle MB": idle.toFixed(0),
    "after the calls MB": loaded.toFixed(0),
    "database opened MB": opened === undefined ? "" : opened.toFixed(0),
  };
}

export function startRow({ what, upstreams, ms, children }: StartResult): Row {
  return { servers: upstreams, what, ms: showInterval(ms, 0), "processes by then": children };
}

export function checkRow({ what, expected, found, isMet }: Check): Row {
  return { check: what, expected, found, "": isMet ? "ok" : "WRONG" };
}
