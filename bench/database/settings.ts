import process from "node:process";
import { choiceFrom, countFrom } from "../measure.ts";

/** How much is measured. Every table says these numbers, so that a quick look is not taken for more. */
export interface Settings {
  /** Rounds in which each way runs once. */
  readonly rounds: number;
  /** Statements of one way in one round. */
  readonly calls: number;
  /** Rows that are exported and imported. */
  readonly rows: number;
  /** Starts of the embedded database, of each kind. */
  readonly starts: number;
  readonly parts: readonly Part[];
  /** A server whose role may make databases. */
  readonly serverUrl: string;
}

type Part = "overhead" | "transfer" | "embedded" | "peers";

export function readSettings(): Settings {
  return {
    rounds: countFrom("ROUNDS", 30),
    calls: countFrom("CALLS", 200),
    rows: countFrom("ROWS", 1_000_000),
    starts: countFrom("STARTS", 5),
    parts: choiceFrom<Part>("PARTS", ["overhead", "transfer", "embedded", "peers"]),
    serverUrl: process.env.DATABASE_URL || "postgres://postgres@127.0.0.1:5432/postgres",
  };
}
