/** The thread that holds PGlite, which blocks its event loop while a statement runs. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { initialise } from "./initialise.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";
import type { OpenPGlite } from "./open-pglite.ts";

const MAJOR_VERSION = "18";
/** An open database takes 150 MB, and its memory only grows. */
const SPENT_BYTES = 600_000_000;
const { path } = workerData as ThreadData;

let opened: OpenPGlite | undefined;

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
    await opened?.close();
    return { kind: "closed" };
  }
  opened ??= await open();
  if (message.kind === "open") return { kind: "opened" };
  return {
    kind: "answer",
    bytes: await opened.run(message.bytes),
    spent: process.memoryUsage().external > SPENT_BYTES,
  };
}

async function open(): Promise<OpenPGlite> {
  // It is loaded while the image is unpacked.
  const loading = import("./open-pglite.ts");
  if (!existsSync(join(path, "PG_VERSION"))) await initialise(path);
  checkVersion();
  // What stopped statements set aside; a server would clear it at its start.
  rmSync(join(path, "base", "pgsql_tmp"), { recursive: true, force: true });
  const { openPGlite } = await loading;
  return await openPGlite(path);
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
  parentPort?.postMessage(message, message.kind === "answer" ? [message.bytes.buffer] : []);
}
