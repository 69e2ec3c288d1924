import type { ChainHead } from "@trestle/access";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Outgoing } from "../state/history/outgoing.ts";
import type { HistorySource } from "../state/history/source.ts";
import { type AuditFilter, type AuditPlace, type HomeEntry, listAudit } from "./audit-rows.ts";
import { type Connection, createConnection } from "./connection.ts";
import { createAuditCopy } from "./copy-audit.ts";
import { createHistoryCopy } from "./copy-history.ts";
import { createExecutionSource } from "./execution-rows.ts";
import { migrate, SCHEMA } from "./migrations.ts";
import { type ArchiveRetention, retain } from "./retention.ts";
import { type CopyVerdict, verifyCopies } from "./verify-copy.ts";

/** The long history: what this home and others of the same Postgres did, far beyond what each keeps itself. */
export interface Archive extends HistorySource {
  /** Under which name this home's rows stand there. */
  readonly home: string;
  status(): ArchiveStatus;
  /** Audit entries of the other homes, the latest first. */
  audit(filter: HomesFilter): Promise<HomeEntry[]>;
  /** Holds the copies of all audit logs against their hashes, and this home's against its log. */
  verify(): Promise<CopyVerdict[]>;
  /** Copies what is left, where that is quick. */
  close(): Promise<void>;
}

export interface HomesFilter extends AuditFilter {
  readonly home?: string | undefined;
  readonly before?: AuditPlace | undefined;
  readonly limit: number;
}

export interface ArchiveStatus {
  /** `starting` until Postgres was reached for the first time. */
  readonly state: "starting" | "up" | "down";
  readonly where: string;
  /** Executions that are not copied yet, and for how long the oldest of them waits. */
  readonly lagRows: number;
  readonly lagMs: number;
  readonly auditBehind: number;
  /** Executions that will never be copied. */
  readonly lost: number;
  /** Why it is not as it should be. */
  readonly problem?: string;
}

export interface ArchiveParts {
  readonly url: string;
  readonly home: string;
  readonly outgoing: Outgoing;
  /** Asked once more at the end, so that all of it is on the disk. */
  readonly history: Pick<HistorySource, "newest">;
  readonly audit: { readonly folder: string; head(): ChainHead };
  readonly retention: ArchiveRetention;
  /** How the home is told from others by people. */
  readonly hostName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly statementMs?: number;
  /** How often it is looked for what is to be copied; every second by default. */
  readonly everyMs?: number;
}

/** A start has other things to do. */
const FIRST_MS = 300;
const POLL_MS = 1_000;
const MOST_BACKOFF_MS = 15_000;
const RETAIN_MS = 3_600_000;
/** How long somebody who reads waits for it. */
const READ_MS = 3_000;
const CLOSE_MS = 2_000;

/** Copies from now on, beside all calls; reads are answered once Postgres was reached. */
export function createArchive(parts: ArchiveParts): Archive {
  const { clock, home, audit, outgoing } = parts;
  const connection = createConnection(parts);
  const { query, where } = connection;
  const history = createHistoryCopy({ ...parts, query });
  const audits = createAuditCopy({ ...parts, query });
  const copying = startCopying(parts, connection, [history.step, audits.step]);
  const name = `Postgres at ${where}`;
  const source = createExecutionSource(query, name);

  async function read<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { state, problem } = copying.state();
    if (state !== "up") throw notNow(name, problem);
    return withinMs(ask(), READ_MS, { clock, name });
  }

  return {
    ...{ name, home },
    newest: (filter) => read(() => source.newest(filter)),
    get: (executionId) => read(() => source.get(executionId)),
    audit: (filter) => read(() => listAudit(query, { ...filter, without: home })),
    verify: () => verifyCopies({ query, own: { home, folder: audit.folder } }),
    status() {
      const { state, problem = audits.problem() } = copying.state();
      const { rows: lagRows, since } = outgoing.lag();
      const lagMs = since === undefined ? 0 : Math.max(0, clock.now() - since);
      const found = {
        state,
        where,
        lagRows,
        lagMs,
        auditBehind: audits.behind(),
        lost: history.refused() + outgoing.lost(),
      };
      return problem === undefined ? found : { ...found, problem };
    },
    async close() {
      await parts.history.newest({ limit: 1 });
      await withinMs(copying.end(), CLOSE_MS, { clock, name }).catch(() => {});
      await connection.close();
    },
  };
}

type Step = () => Promise<boolean>;

/** One round after the other; while Postgres is away ever more seldom. */
function startCopying(
  { clock, log, home, hostName, retention, everyMs = POLL_MS }: ArchiveParts,
  connection: Connection,
  steps: readonly Step[],
) {
  let state: ArchiveStatus["state"] = "starting";
  let problem: string | undefined;
  let isReady = false;
  let retainedAt: number | undefined;
  let failures = 0;
  let ended = false;
  let running: Promise<void> | undefined;
  let cancel = clock.after(Math.min(FIRST_MS, everyMs), begin);

  function begin(): void {
    running = round().then(() => {
      if (ended) return;
      const backoff = Math.min(MOST_BACKOFF_MS, everyMs * 2 ** (failures - 1));
      cancel = clock.after(failures === 0 ? everyMs : backoff, begin);
    });
  }

  async function round(): Promise<void> {
    try {
      if (!isReady) await prepare();
      for (const step of steps) while (await step());
      if (state !== "up")
        log.info("The history is copied to Postgres", { where: connection.where });
      [state, problem, failures] = ["up", undefined, 0];
      await retainNow();
    } catch (error) {
      if (state !== "down") log.warn("The history is not copied", { error: messageOf(error) });
      [state, problem] = ["down", messageOf(error)];
      failures += 1;
      // Who knows what it is when it comes back.
      isReady = false;
    }
  }

  async function prepare(): Promise<void> {
    await migrate(connection);
    await connection.query(
      `INSERT INTO ${SCHEMA}.home VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen_at = excluded.seen_at`,
      [home, hostName, Math.trunc(clock.now())],
    );
    isReady = true;
  }

  async function retainNow(): Promise<void> {
    if (ended || (retainedAt !== undefined && clock.now() - retainedAt < RETAIN_MS)) return;
    retainedAt = clock.now();
    await retain(connection, retention, retainedAt);
  }

  return {
    state: () => ({ state, problem }),
    async end() {
      ended = true;
      cancel();
      await running;
      // What came since; a Postgres that is away is not waited for.
      if (state === "up") await round();
    },
  };
}

function notNow(name: string, problem: string | undefined): TrestleError {
  return new TrestleError("unavailable", problem ?? `${name} was not reached yet.`);
}

async function withinMs<Answer>(
  answer: Promise<Answer>,
  ms: number,
  { clock, name }: { readonly clock: Clock; readonly name: string },
): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => {
    reject(new TrestleError("unavailable", `${name} did not answer within ${ms} ms.`));
  });
  promise.catch(() => {});
  answer.catch(() => {});
  try {
    return await Promise.race([answer, promise]);
  } finally {
    cancel();
  }
}
