import type { Look } from "./check.ts";

/** Copies that come this much later are worth a word. */
const LATE_MS = 60_000;

/** The Postgres that keeps the long history: none is looked at where none is configured. */
export const longHistory: Look = ({ archive }) => {
  if (!archive) return [];
  const name = "postgres";
  const { state, where, lagRows, lagMs, problem } = archive.status();
  const behind = `${lagRows} calls and ${Math.round(lagMs / 1_000)} s behind`;
  if (state === "down") {
    const message = `${problem ?? `${where} does not answer`}; the history there is ${behind}`;
    const next =
      "See that it runs, and that store.postgres is right: what is missing is copied then.";
    return { name, status: "fail", message, next };
  }
  if (problem !== undefined) {
    return { name, status: "fail", message: problem, next: "trestle audit verify --postgres" };
  }
  const message = `the history at ${where} is ${behind}`;
  if (lagMs <= LATE_MS) return { name, status: "ok", message };
  return { name, status: "warn", message, next: "See why Postgres is slow." };
};
