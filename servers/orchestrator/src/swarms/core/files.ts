import { BOUNDS } from "../bounds.ts";
import type { AgentRecord, ReservationRecord, TaskRecord } from "../model.ts";
import { overlap, type PathPattern, parsePattern } from "./globs.ts";
import type { Moment } from "./moment.ts";
import { graceOf } from "./signs.ts";
import type { SwarmState } from "./state.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";

/** A reservation that stands against a wish, and where the two meet. */
export interface Conflict {
  readonly reservation: ReservationRecord;
  readonly path: string;
  readonly wanted: string;
}

interface Wish {
  readonly paths: readonly string[];
  readonly mode: ReservationRecord["mode"];
  /** Whose own reservations do not stand against it. */
  readonly agent?: string;
}

export function parsePaths(paths: readonly string[]): PathPattern[] {
  if (paths.length > BOUNDS.files) {
    throw refused("invalid_input", `At most ${BOUNDS.files} paths at once; use globs`);
  }
  return paths.map(patternOf);
}

/** Everything that stands against a wish. */
export function conflictsWith(state: SwarmState, { paths, mode, agent }: Wish): Conflict[] {
  if (paths.length === 0) return [];
  const wanted = parsePaths(paths);
  const conflicts: Conflict[] = [];
  for (const reservation of state.records.reservation.values()) {
    if (reservation.agent === agent || (mode === "shared" && reservation.mode === "shared"))
      continue;
    for (const path of reservation.paths) {
      const held = patternOf(path);
      const met = wanted.find((each) => overlap(each, held));
      if (met !== undefined) conflicts.push({ reservation, path, wanted: met.text });
    }
  }
  return conflicts;
}

/** All of the paths, or none and what stands against them. */
export function reserve(
  turn: Turn,
  agent: AgentRecord,
  wish: Pick<ReservationRecord, "paths" | "mode" | "reason" | "ttlMs"> & { readonly task?: string },
): ReservationRecord | Conflict[] {
  if (wish.paths.length === 0) throw refused("invalid_input", "paths names at least one path");
  const conflicts = conflictsWith(turn.state, { ...wish, agent: agent.id });
  if (conflicts.length > 0) return conflicts;
  if (turn.state.records.reservation.size >= BOUNDS.reservations) {
    throw tooMuch(
      "reservations",
      `The swarm has ${BOUNDS.reservations} reservations`,
      "release_files first",
    );
  }
  const id = `r${turn.next()}`;
  const reservation: ReservationRecord = {
    id,
    agent: agent.id,
    ...wish,
    beat: 0,
    since: turn.at.wall,
  };
  turn.put("reservation", id, reservation);
  turn.tell({ kind: "files.reserved", agent: agent.id, count: wish.paths.length });
  return reservation;
}

export function reserveForTask(turn: Turn, { id, files, title, lease }: TaskRecord): void {
  if (files.length === 0 || lease === undefined) return;
  const wish = {
    paths: files,
    mode: "exclusive",
    reason: title,
    ttlMs: lease.ttlMs,
    task: id,
  } as const;
  const reserved = reserve(turn, turn.agent(lease.agent), wish);
  if (Array.isArray(reserved)) throw refused("conflict", filesHeld(reserved));
}

export function releaseOfTask(turn: Turn, task: string): void {
  for (const [id, reservation] of turn.state.records.reservation) {
    if (reservation.task === task) turn.remove("reservation", id);
  }
}

/** What the agent reserved itself; `paths` as they were written then. */
export function release(
  turn: Turn,
  agent: AgentRecord,
  {
    reservation: wanted,
    paths,
  }: { readonly reservation?: string; readonly paths?: readonly string[] },
): number {
  let released = 0;
  for (const reservation of [...turn.state.records.reservation.values()]) {
    if (reservation.agent !== agent.id || reservation.task !== undefined) continue;
    if (wanted !== undefined && reservation.id !== wanted) continue;
    const left =
      paths === undefined ? [] : reservation.paths.filter((path) => !paths.includes(path));
    if (left.length === reservation.paths.length) continue;
    released += reservation.paths.length - left.length;
    if (left.length === 0) turn.remove("reservation", reservation.id);
    else turn.put("reservation", reservation.id, { ...reservation, paths: left });
  }
  if (released > 0) turn.tell({ kind: "files.released", agent: agent.id, count: released });
  return released;
}

/** When a reservation lapses on this process' own clock; one of a task lapses with its lease. */
export function endOf(state: SwarmState, { id, agent, task, ttlMs }: ReservationRecord): number {
  const own = state.seen.get(task === undefined ? `reservation ${id}` : `lease ${task}`)?.tick ?? 0;
  const agents = state.seen.get(`agent ${agent}`)?.tick ?? 0;
  return Math.max(own, agents) + ttlMs + graceOf(state);
}

/** The same for people, if the holder gives no more sign of life. */
export function untilOf(state: SwarmState, reservation: ReservationRecord, at: Moment): number {
  return at.wall + Math.max(0, endOf(state, reservation) - at.tick);
}

export function filesHeld([conflict]: readonly Conflict[]): string {
  if (conflict === undefined) return "Files are reserved";
  const { reservation, path } = conflict;
  return `${path} is reserved by ${reservation.agent}: ${reservation.reason}`;
}

/** Parsed once for each text that somebody wrote. */
function patternOf(text: string): PathPattern {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const pattern = parsePattern(text);
  if (patterns.size >= 10_000) patterns.clear();
  patterns.set(text, pattern);
  return pattern;
}
const patterns = new Map<string, PathPattern>();
