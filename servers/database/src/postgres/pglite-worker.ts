/** The thread that holds PGlite, which blocks its event loop while a statement runs. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { TrestleError } from "@trestle/protocol";
import { checkReadOnly } from "../guard/read-only.ts";
import { toFailure } from "./failures.ts";
import { createReader, type Reader } from "./pglite-reader.ts";
import type { FromWorker, Job, RawPage, ToWorker } from "./wire.ts";

const MAJOR_VERSION = "18";
/** An open database takes 200 MB, and its memory only grows. */
const SPENT_BYTES = 600_000_000;
const { path } = workerData as { path: string };

let opened: { database: PGlite; reader: Reader } | undefined;

parentPort?.on("message", (message: ToWorker) => {
  void (message.kind === "close" ? close() : answer(message));
});

async function answer(job: Job): Promise<void> {
  try {
    const page = await run(job);
    send({ kind: "done", page, spent: process.memoryUsage().external > SPENT_BYTES });
  } catch (error) {
    send({ kind: "failed", failure: toFailure(error) });
  }
}

async function run(job: Job): Promise<RawPage> {
  // A refusal needs no database.
  const readKind = job.kind === "query" ? await checkReadOnly(job.sql) : undefined;
  opened ??= await open();
  send({ kind: "running" });
  if (job.kind === "query") return opened.reader.read(job, readKind ?? "rows");
  await opened.database.exec(job.sql);
  opened.reader.forgetTypes();
  return { columns: [], rows: [], more: false };
}

async function open(): Promise<{ database: PGlite; reader: Reader }> {
  const versionFile = join(path, "PG_VERSION");
  const version = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : undefined;
  if (version !== undefined && version !== MAJOR_VERSION)
    throw new TrestleError(
      "unavailable",
      `The data in ${path} was written by PostgreSQL ${version}, and this program reads ${MAJOR_VERSION}. Use the program that wrote it, or another folder.`,
      { retryable: false },
    );
  // What stopped statements set aside; a server would clear it at its start.
  rmSync(join(path, "base", "pgsql_tmp"), { recursive: true, force: true });
  const { PGlite } = await import("@electric-sql/pglite");
  const database = await PGlite.create({ dataDir: path });
  return { database, reader: createReader(database) };
}

async function close(): Promise<void> {
  await opened?.database.close();
  send({ kind: "closed" });
}

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}
