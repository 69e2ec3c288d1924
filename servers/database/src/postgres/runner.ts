import { isTrestleError, type JsonValue, TrestleError } from "@trestle/protocol";
import type { Connection, Driver, UseOptions } from "../drivers/driver.ts";
import type { Accepted, Guard } from "../guard/guard.ts";
import type { Attempts, WriteOptions } from "./attempts.ts";
import type { ColumnTypes } from "./column-types.ts";
import type { Statement } from "./database.ts";
import { isTooLarge } from "./failures.ts";
import { createGate } from "./gate.ts";
import { readAtOnce } from "./read-at-once.ts";
import { type PageRequest, type ReadPage, readAll, readPage, runAlone } from "./reader.ts";
import { readAsChecked } from "./session.ts";

export interface RunnerParts {
  readonly driver: Driver;
  readonly guard: Guard;
  readonly types: ColumnTypes;
  readonly attempts: Attempts;
}

/** Callers' statements: judged by the rules, run, and masked. */
export interface Runner {
  /** What may be done with statements, before any of them runs. */
  check(statements: readonly Statement[], use: UseOptions): Promise<Accepted[]>;
  /** One page of a read. Without a verdict it is judged first. */
  read(request: PageRequest, use: UseOptions, accepted?: Accepted): Promise<ReadPage>;
  /** A statement that was accepted, to its end. */
  write(request: PageRequest, use: UseOptions, accepted: Accepted | undefined): Promise<ReadPage>;
  /** Several with their verdicts, in one transaction. */
  writeAll(
    requests: readonly PageRequest[],
    accepted: readonly Accepted[],
    options: WriteOptions,
  ): Promise<ReadPage[]>;
}

/** SQLSTATE of a statement that wants to be outside any transaction: VACUUM, CREATE INDEX CONCURRENTLY. */
const NOT_IN_TRANSACTION = "25001";

export function createRunner({ driver, guard, types, attempts }: RunnerParts): Runner {
  const gate = createGate(guard);
  const { reading, writing } = attempts;

  async function check(statements: readonly Statement[], use: UseOptions): Promise<Accepted[]> {
    if (!gate.needsCatalog) return checkEach(guard, statements);
    return reading((connection) => checkEach(gate.within(connection), statements), use);
  }

  /** Where the names have to be looked up, that is done in the statement's own transaction. */
  async function read(request: PageRequest, use: UseOptions, known?: Accepted): Promise<ReadPage> {
    const accepted = gate.needsCatalog
      ? undefined
      : (known ?? (await guard.checkRead(request.sql)));
    const atOnce = accepted && readAtOnce(driver, types, { request, accepted, use });
    if (!atOnce) return readBitByBit(request, use, accepted);
    return atOnce.catch((error) => {
      if (!isTooLarge(error)) throw error;
      return readBitByBit(request, use, accepted);
    });
  }

  function readBitByBit(
    request: PageRequest,
    use: UseOptions,
    accepted: Accepted | undefined,
  ): Promise<ReadPage> {
    return reading(async (connection) => {
      const rules = gate.within(connection);
      if (!accepted) await rules.checkRead(request.sql);
      const page = await readPage(connection, types, request);
      return { ...page, raw: await rules.mask(page.raw, page.fields) };
    }, use);
  }

  /** What writes runs to its end; of what reads, no more than the page is asked for. */
  async function runOn(
    connection: Connection,
    request: PageRequest,
    accepted: Accepted | undefined,
  ): Promise<ReadPage> {
    const rules = gate.within(connection);
    if (gate.needsCatalog) await rules.check(request.sql);
    const run = isRead(accepted) ? readPage : readAll;
    const page = await run(connection, types, request);
    return { ...page, raw: await rules.mask(page.raw, page.fields) };
  }

  async function write(
    request: PageRequest,
    use: UseOptions,
    accepted: Accepted | undefined,
  ): Promise<ReadPage> {
    try {
      return await writing((connection) => runOn(connection, request, accepted), use);
    } catch (error) {
      if (accepted?.kind !== "change" || sqlStateOf(error) !== NOT_IN_TRANSACTION) throw error;
      return driver.use((connection) => runAlone(connection, types, request), use);
    }
  }

  return {
    check,
    read,
    write,
    writeAll(requests, accepted, options) {
      return writing(async (connection) => {
        const pages: ReadPage[] = [];
        for (const [at, request] of requests.entries()) {
          if (at > 0) readAsChecked(connection);
          const running = runOn(connection, request, accepted[at]);
          pages.push(await running.catch(naming(at, requests.length)));
        }
        return pages;
      }, options);
    },
  };
}

export function isRead(accepted: Accepted | undefined): boolean {
  return accepted?.kind === "rows" || accepted?.kind === "report";
}

async function checkEach(
  { check }: { check(sql: string): Promise<Accepted> },
  statements: readonly Statement[],
): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  for (const [at, { sql }] of statements.entries())
    accepted.push(await check(sql).catch(naming(at, statements.length)));
  return accepted;
}

/** Says which of several statements it was. */
function naming(at: number, count: number): (error: unknown) => never {
  return (error) => {
    if (!isTrestleError(error) || count === 1) throw error;
    const { code, retryable, details } = error;
    throw new TrestleError(code, `Statement ${at + 1} of ${count}: ${error.message}`, {
      retryable,
      details: { ...details, statement: at + 1 },
    });
  };
}

function sqlStateOf(error: unknown): JsonValue | undefined {
  return isTrestleError(error) ? error.details?.sqlState : undefined;
}
