import { cpus } from "node:os";
import process from "node:process";
import { type Report, writeResult } from "../measure.ts";
import { startEchoBridge } from "./bridge.ts";
import { measureCells, type PeerResult } from "./cells.ts";
import { type Check, checkRecords, checkUpstream } from "./checks.ts";
import { measureHits } from "./hits.ts";
import { describeVariant, type Variant, variants } from "./installation.ts";
import { measureMemory } from "./memory.ts";
import { startDirect, startFloor, startSdkProxy, type UpstreamKind } from "./peers.ts";
import { readSettings, type Settings } from "./settings.ts";
import { measureStarts } from "./start.ts";
import { measureSurfaces } from "./surfaces.ts";
import { cellRow, checkRow, hitRow, memoryRow, startRow, surfaceRow } from "./tables.ts";
import { judge, type Results } from "./verdict.ts";

/**
 * What a gateway costs: the bridge with every policy on, a hand-written floor and the SDK's smallest proxy,
 * each in front of an echo server of its own. Fails where the gate is missed or a call or a row is.
 */
export async function benchGateway(): Promise<Report> {
  const settings = readSettings();
  const [reported = "source"] = variants();
  const results = await measureAll(reported, settings);
  const verdict = judge(results, `bridge, ${reported}`);
  const about = {
    bridge: describeVariant(reported),
    node: process.version,
    cpus: cpus().length,
    ...settings,
  };
  writeResult("gateway", { ...about, ...results, verdict });
  return report(about, results, verdict);
}

async function measureAll(variant: Variant, settings: Settings): Promise<Results> {
  const { parts, kinds, starts } = settings;
  const cells: PeerResult[] = [];
  const checks: Check[] = [];
  for (const kind of parts.includes("cells") ? kinds : []) {
    const measured = await measureKind(kind, variant, settings);
    cells.push(...measured.cells);
    checks.push(...measured.checks);
  }
  const cached = parts.includes("hits") ? await measureHits(variant, settings) : undefined;
  const shown = parts.includes("surfaces") ? await measureSurfaces(variant, settings) : undefined;
  return {
    cells,
    hits: cached?.hits ?? [],
    surfaces: shown?.surfaces ?? [],
    memory: parts.includes("memory") ? await measureMemory(variants(), settings) : [],
    starts: parts.includes("starts") ? await measureStarts(variant, starts) : [],
    checks: [...checks, ...(cached?.checks ?? []), ...(shown?.checks ?? [])],
  };
}

async function measureKind(kind: UpstreamKind, variant: Variant, settings: Settings) {
  const direct = await startDirect();
  const bridge = await startEchoBridge(kind, variant);
  const gateways = [await startFloor(kind), await startSdkProxy(kind), bridge];
  const peers = [direct, ...gateways];
  try {
    const cells = await measureCells(kind, peers, settings);
    const checks: Check[] = [];
    for (const peer of peers) checks.push(await checkUpstream(kind, peer));
    await bridge.stop();
    return { cells, checks: [...checks, ...checkRecords(kind, bridge)] };
  } finally {
    for (const peer of peers) await peer.stop();
    bridge.remove();
  }
}

type About = Settings & { bridge: string; node: string; cpus: number };

function report(about: About, results: Results, verdict: ReturnType<typeof judge>): Report {
  const { rounds, calls, memoryCalls, starts, bridge, node, cpus: cores } = about;
  const hits = results.hits[0]?.calls ?? 0;
  const tables = [
    {
      title: `${rounds} rounds of ${calls} calls per line; medians, ratios of the same round with 95 % interval`,
      rows: results.cells.map(cellRow),
    },
    {
      title: `Cache hits, one at a time; ${rounds} rounds of ${hits} calls`,
      rows: results.hits.map(hitRow),
    },
    {
      title: `Keys, audit log, traces, metrics and the feed, beside the same bridge without them; ${rounds} rounds of ${calls} calls`,
      rows: results.surfaces.map(surfaceRow),
    },
    {
      title: `Resident memory; ${memoryCalls} calls, 16 at a time`,
      rows: results.memory.map(memoryRow),
    },
    {
      title: `From the start of the process to the first whole list; ${starts} starts`,
      rows: results.starts.map(startRow),
    },
    { title: "Was everything counted and kept?", rows: results.checks.map(checkRow) },
    { title: "Targets", rows: verdict.rows },
  ];
  return {
    heading: `Bridge: ${bridge}. Node ${node}, ${cores} processors.`,
    // What was not measured has no table.
    tables: tables.filter(({ rows }) => rows.length > 0),
    failures: verdict.failures,
  };
}
