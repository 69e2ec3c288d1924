/** The thread that holds PGlite, which blocks its event loop while a statement runs. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { createExtensions, type Extensions } from "./extensions.ts";
import { initialise } from "./initialise.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";

const MAJOR_VERSION = "18";
/** An open database takes 200 MB, and its memory only grows. */
const SPENT_BYTES = 600_000_000;
/** A query that sets more aside than this would fill the disk; who configures a server decides for himself there. */
const TEMPORARY_FILES = "512MB";
const { path } = workerData as ThreadData;

let opened: { readonly database: PGlite; readonly extensions: Extensions } | undefined;

parentPort?.on("message", (message: ToThread) => void answer(message));

async function answer(message: ToThread): Promise<void> {
  try {
    send(await obey(message));
  } catch (error) {
    const text = isTrestleError(error)
      ? error.message
      : `The database engine stopped: ${wordsOf(error)}. Try again.`;
    send({ kind: "broken", message: text, retryable: !isTrestleError(error) || error.retryable });
  }
}

async function obey(message: ToThread): Promise<FromThread> {
  if (message.kind === "close") {
    await opened?.database.close();
    return { kind: "closed" };
  }
  opened ??= await open();
  if (message.kind === "open") return { kind: "opened" };
  await opened.extensions.loadFor(message.bytes);
  const bytes = await opened.database.execProtocolRaw(message.bytes, { syncToFs: false });
  // What it returns is a view into its own memory.
  return {
    kind: "answer",
    bytes: bytes.slice(),
    spent: process.memoryUsage().external > SPENT_BYTES,
  };
}

async function open() {
  const { PGlite } = await import("@electric-sql/pglite");
  if (!existsSync(join(path, "PG_VERSION"))) await initialise(path, PGlite);
  checkVersion();
  // What stopped statements set aside; a server would clear it at its start.
  rmSync(join(path, "base", "pgsql_tmp"), { recursive: true, force: true });
  const database = await PGlite.create({
    dataDir: path,
    startParams: [...PGlite.defaultStartParams, "-c", `temp_file_limit=${TEMPORARY_FILES}`],
  });
  const extensions = createExtensions(path, database.Module);
  await extensions.loadKnown();
  return { database, extensions };
}

function checkVersion(): void {
  const version = readFileSync(join(path, "PG_VERSION"), "utf8").trim();
  if (version === MAJOR_VERSION) return;
  throw new TrestleError(
    "unavailable",
    `The data in ${path} was written by PostgreSQL ${version}, and this program reads ${MAJOR_VERSION}. Use the program that wrote it, or another folder.`,
    { retryable: false },
  );
}

/** What ends the engine is thrown by its compiler's runtime, and no Error. */
function wordsOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === "string" ? message : messageOf(error);
}

function send(message: FromThread): void {
  parentPort?.postMessage(message);
}
