/** What happens to a call when its server fails. `faults.test.ts` proves every line; docs/failures.md prints them. */

export type Transport = "stdio" | "HTTP";
export const CELL_KINDS = ["read", "write", "idempotent"] as const;
export type CellKind = (typeof CELL_KINDS)[number];

export interface Cell {
  /** "answer", or the code of the one error that the caller gets. */
  readonly gets: string;
  /** Requests that the bridge made. */
  readonly attempts: number;
  /** Counted at the server: how often the thing was done. A range where the server's own luck decides. */
  readonly effects: number | readonly [least: number, most: number];
  /** As the history keeps it. */
  readonly history: "success" | "error" | "outcome_unknown";
}

export interface FaultRow {
  readonly fault: string;
  readonly transports: readonly Transport[];
  /** What the server is told to do at each attempt; the last goes on for ever if it ends in "*". */
  readonly faults?: readonly string[];
  /** What is done to the server from outside: before the call, or unread while it is sent. */
  readonly before?: "kill" | "freeze" | "reset" | "firewall";
  /** The server ends: it is each call's own, and over HTTP nobody starts it again meanwhile. */
  readonly isLethal?: true;
  /** Only silence ends the attempt. */
  readonly isSilent?: true;
  /** The server does a thing again for the same idempotency key. */
  readonly ignoresKeys?: true;
  /** The server sees that its `Retry-After` is heeded. */
  readonly isHeeded?: true;
  readonly cells: Readonly<Record<CellKind, Cell>>;
}

const answered = (attempts: number, effects = 0): Cell => ({
  gets: "answer",
  attempts,
  effects,
  history: "success",
});
const failed = (gets: string, attempts: number): Cell => ({
  gets,
  attempts,
  effects: 0,
  history: "error",
});
const unknown = (attempts: number, effects: Cell["effects"]): Cell => ({
  gets: "outcome_unknown",
  attempts,
  effects,
  history: "outcome_unknown",
});

const harmless = {
  read: answered(1),
  write: answered(1, 1),
  idempotent: answered(1, 1),
};
/** The first attempt fails after the thing was done. */
const afterEffect = {
  read: answered(2),
  write: unknown(1, 1),
  idempotent: answered(2, 1),
};
/** The first attempt fails before anything was done, which nobody can know. */
const beforeEffect = {
  read: answered(2),
  write: unknown(1, 0),
  idempotent: answered(2, 1),
};
/** The server says that it did nothing. */
const turnedAway = {
  read: answered(2),
  write: answered(2, 1),
  idempotent: answered(2, 1),
};

export const FAULT_TABLE: readonly FaultRow[] = [
  {
    fault: "was killed while it did nothing",
    transports: ["stdio"],
    before: "kill",
    isLethal: true,
    cells: harmless,
  },
  {
    fault: "was killed while it did nothing, and stays away",
    transports: ["HTTP"],
    before: "kill",
    isLethal: true,
    cells: {
      read: failed("unavailable", 3),
      write: failed("unavailable", 3),
      idempotent: failed("unavailable", 3),
    },
  },
  {
    fault: "is killed before it acts",
    transports: ["stdio"],
    faults: ["die_before"],
    isLethal: true,
    cells: beforeEffect,
  },
  {
    fault: "is killed after it acted",
    transports: ["stdio"],
    faults: ["die_after"],
    isLethal: true,
    cells: afterEffect,
  },
  {
    fault: "is killed before it acts, and stays away",
    transports: ["HTTP"],
    faults: ["die_before"],
    isLethal: true,
    cells: { read: failed("unavailable", 3), write: unknown(1, 0), idempotent: unknown(3, 0) },
  },
  {
    fault: "is killed after it acted, and stays away",
    transports: ["HTTP"],
    faults: ["die_after"],
    isLethal: true,
    cells: { read: failed("unavailable", 3), write: unknown(1, 1), idempotent: unknown(3, 1) },
  },
  {
    fault: "never answers one request",
    transports: ["stdio", "HTTP"],
    faults: ["hang"],
    isSilent: true,
    cells: afterEffect,
  },
  {
    fault: "never answers",
    transports: ["stdio", "HTTP"],
    faults: ["hang*"],
    isSilent: true,
    cells: { read: failed("timeout", 3), write: unknown(1, 1), idempotent: unknown(3, 1) },
  },
  {
    fault: "answers one request too late",
    transports: ["stdio", "HTTP"],
    faults: ["slow"],
    isSilent: true,
    cells: afterEffect,
  },
  {
    fault: "is stopped (SIGSTOP) and wakes up later: a half-open connection",
    transports: ["stdio", "HTTP"],
    before: "freeze",
    isSilent: true,
    isLethal: true,
    cells: {
      read: failed("timeout", 3),
      write: unknown(1, [0, 1]),
      idempotent: unknown(3, [0, 1]),
    },
  },
  {
    fault: "is gone, and what has its port accepts and never reads",
    transports: ["HTTP"],
    before: "firewall",
    isSilent: true,
    isLethal: true,
    cells: { read: failed("timeout", 3), write: unknown(1, 0), idempotent: unknown(3, 0) },
  },
  {
    fault: "prints garbage in place of an answer",
    transports: ["stdio"],
    faults: ["garbage"],
    isSilent: true,
    cells: afterEffect,
  },
  {
    fault: "sends garbage in place of an answer",
    transports: ["HTTP"],
    faults: ["garbage"],
    cells: afterEffect,
  },
  {
    fault: "dies in the middle of its answer",
    transports: ["stdio"],
    faults: ["truncated"],
    isLethal: true,
    cells: afterEffect,
  },
  {
    fault: "ends in the middle of its JSON answer",
    transports: ["HTTP"],
    faults: ["truncated"],
    cells: afterEffect,
  },
  {
    fault: "ends in the middle of its event stream",
    transports: ["HTTP"],
    faults: ["truncated_stream"],
    cells: afterEffect,
  },
  { fault: "answers 500 once", transports: ["HTTP"], faults: ["500"], cells: afterEffect },
  {
    fault: "answers 500",
    transports: ["HTTP"],
    faults: ["500*"],
    cells: { read: failed("unavailable", 3), write: unknown(1, 1), idempotent: unknown(3, 1) },
  },
  { fault: "answers 503 once", transports: ["HTTP"], faults: ["503"], cells: beforeEffect },
  {
    fault: "answers 503 with Retry-After once",
    transports: ["HTTP"],
    faults: ["503_wait"],
    isHeeded: true,
    cells: beforeEffect,
  },
  { fault: "answers 429 once", transports: ["HTTP"], faults: ["429"], cells: turnedAway },
  {
    fault: "answers 429 with Retry-After once",
    transports: ["HTTP"],
    faults: ["429_wait"],
    isHeeded: true,
    cells: turnedAway,
  },
  {
    fault: "answers 429",
    transports: ["HTTP"],
    faults: ["429*"],
    cells: {
      read: failed("rate_limited", 3),
      write: failed("rate_limited", 3),
      idempotent: failed("rate_limited", 3),
    },
  },
  {
    fault: "resets the connection before it read the request",
    transports: ["HTTP"],
    before: "reset",
    cells: beforeEffect,
  },
  {
    fault: "resets the connection after it acted",
    transports: ["HTTP"],
    faults: ["reset_after"],
    cells: afterEffect,
  },
  {
    fault: "acts, resets the connection, and ignores idempotency keys",
    transports: ["HTTP"],
    faults: ["reset_after"],
    ignoresKeys: true,
    // `idempotent: true` is the operator's word for the server; where it is wrong, the thing is done twice.
    cells: { ...afterEffect, idempotent: answered(2, 2) },
  },
];
