import type { ChainAnswer, FlowOutcome, StepError } from "@trestle/flow";
import {
  type Clock,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  silentLogger,
} from "@trestle/protocol";
import type { Sqlite, SqlStatement, SqlValue } from "@trestle/store";
import { readPage } from "../page.ts";
import { tidySoon } from "../tidy.ts";
import { type ChainRun, type ChainStep, redactText, toChainRun, toChainStep } from "./rows.ts";

export type { ChainRun, ChainStep } from "./rows.ts";

/** A chain that begins. */
export interface StartedChain {
  readonly id: string;
  readonly name: string;
  /** The principal's id. */
  readonly principal: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** As it was given; kept redacted. */
  readonly definition: JsonObject;
}

export interface ChainFilter {
  readonly name?: string;
  readonly principal?: string;
  readonly outcome?: ChainRun["outcome"];
  /** Started at or after, in epoch milliseconds. */
  readonly from?: number;
  /** Started before. */
  readonly to?: number;
  /** 100 by default. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly before?: number;
}

export interface ChainPage {
  /** The newest first. */
  readonly chains: readonly ChainRun[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: number;
}

export interface ChainHistory {
  /** Neither throws nor waits, as `finished`: what could not be stored is counted. */
  started(chain: StartedChain): void;
  finished(chain: StartedChain, answer: ChainAnswer): void;
  /** A chain that ended without an answer: its definition was refused, or something broke. */
  failed(chain: StartedChain, error: unknown, durationMs: number): void;
  get(id: string): Promise<ChainRun | undefined>;
  list(filter?: ChainFilter): Promise<ChainPage>;
  /** Entries that could not be stored, since this history was opened. */
  dropped(): number;
  /** Waits for what is being stored. */
  close(): Promise<void>;
}

export interface ChainHistoryParts {
  readonly database: Sqlite;
  readonly clock: Clock;
  readonly redact: (value: JsonObject) => JsonObject;
  /** 1,000 by default. */
  readonly maxRows?: number;
  readonly log?: Logger | undefined;
}

const DEFAULT_ROWS = 1_000;
/** A longer definition or list of steps is not kept. */
const MAX_TEXT = 262_144;

const INSERT = `INSERT INTO chains (chain_id, name, principal, started_at, definition, outcome, duration_ms,
  completed_steps, total_steps, steps, error_code, error_message)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const UPSERT = `${INSERT} ON CONFLICT (chain_id) DO UPDATE SET outcome = excluded.outcome,
  duration_ms = excluded.duration_ms, completed_steps = excluded.completed_steps,
  total_steps = excluded.total_steps, steps = excluded.steps, error_code = excluded.error_code,
  error_message = excluded.error_message`;
const INTERRUPT = "UPDATE chains SET outcome = 'interrupted'";
const TRIM = "DELETE FROM chains WHERE seq <= (SELECT MAX(seq) FROM chains) - ?";

/**
 * The chains that ran: written when they begin and when they end, within 50 ms. The results of steps are
 * not kept, only the ids of their executions. What an earlier bridge did not finish becomes `interrupted`.
 */
export function createChainHistory(parts: ChainHistoryParts): ChainHistory {
  const { database, clock, redact, maxRows = DEFAULT_ROWS, log = silentLogger } = parts;
  const writes = new Set<Promise<void>>();
  /** Chains that have begun and not ended. */
  const running = new Set<string>();
  let lost = 0;

  function write(statements: readonly SqlStatement[]): void {
    const done: Promise<void> = database
      .write(statements)
      .then(
        () => {},
        (error: unknown) => {
          lost += 1;
          log.warn("A chain was not stored", { error: messageOf(error), lost });
        },
      )
      .finally(() => writes.delete(done));
    writes.add(done);
  }

  async function settle(): Promise<void> {
    await Promise.all(writes);
  }

  function store(chain: StartedChain, end: ChainEnd): void {
    const { id, name, principal, startedAt } = chain;
    if (end.outcome !== "running") running.delete(id);
    const params: SqlValue[] = [id, name, principal, startedAt, pack(redact(chain.definition), {})];
    params.push(end.outcome, end.durationMs ?? null, end.completed ?? 0, end.total ?? 0);
    params.push(pack(end.steps ?? [], []), end.error?.code ?? null, end.error?.message ?? null);
    write([
      { sql: UPSERT, params },
      { sql: TRIM, params: [maxRows] },
    ]);
  }

  const [newest] = database.read("SELECT MAX(seq) AS seq FROM chains");
  const interrupt = {
    sql: `${INTERRUPT} WHERE outcome = 'running' AND seq <= ?`,
    params: [Number(newest?.seq ?? 0)],
  };
  const tidying = tidySoon(database, clock, async () => write([interrupt]));

  return {
    started(chain) {
      running.add(chain.id);
      store(chain, { outcome: "running" });
    },
    finished: (chain, answer) =>
      store(chain, {
        outcome: answer.outcome,
        durationMs: answer.total_duration_ms,
        completed: answer.completed_steps,
        total: answer.total_steps,
        steps: answer.steps.map((step) => toChainStep(step, redact)),
      }),
    failed: (chain, error, durationMs) => {
      const code = isTrestleError(error) ? error.code : "internal";
      const message = redactText(messageOf(error), redact);
      store(chain, { outcome: "failed", durationMs, error: { code, message } });
    },
    async get(id) {
      await settle();
      const [row] = database.read("SELECT * FROM chains WHERE chain_id = ?", [id]);
      return row === undefined ? undefined : toChainRun(row);
    },
    async list(filter = {}) {
      await settle();
      const { rows, next } = readPage(database, { table: "chains", conditions, filter });
      const chains = rows.map(toChainRun);
      return next === undefined ? { chains } : { chains, next };
    },
    dropped: () => lost,
    async close() {
      tidying.cancel();
      if (running.size > 0) write([{ sql: `${INTERRUPT} WHERE outcome = 'running'` }]);
      await settle();
    },
  };
}

interface ChainEnd {
  readonly outcome: FlowOutcome | "running";
  readonly durationMs?: number;
  readonly completed?: number;
  readonly total?: number;
  readonly steps?: readonly ChainStep[];
  readonly error?: StepError;
}

function pack(value: unknown, instead: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_TEXT ? text : JSON.stringify(instead);
}

const conditions = {
  name: "name = ?",
  principal: "principal = ?",
  outcome: "outcome = ?",
  from: "started_at >= ?",
  to: "started_at < ?",
} as const;
