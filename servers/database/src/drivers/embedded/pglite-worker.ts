/** The thread that holds PGlite, which blocks its event loop while a statement runs. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { withoutTierUp } from "../../postgres/without-tier-up.ts";
import { createExtensions, type Extensions } from "./extensions.ts";
import { queryMessage } from "./frames.ts";
import { initialise } from "./initialise.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";

const MAJOR_VERSION = "18";
/** An open database takes 150 MB, and its memory only grows. */
const SPENT_BYTES = 600_000_000;
const MAX_ANSWER_BYTES = 1_000_000_000;
/** A query that sets more aside than this would fill the disk; who configures a server decides for himself there. */
const TEMPORARY_FILES = "512MB";
/**
 * What Postgres keeps of its files itself. The system keeps them too; with the usual 128 MB the thread would
 * hold 130 MB more, and look up rows of a large table in two thirds of the time.
 */
const BUFFERS = "16MB";
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
  return {
    kind: "answer",
    bytes: await run(opened.database, message.bytes),
    spent: process.memoryUsage().external > SPENT_BYTES,
  };
}

/** Without a listener PGlite would read every answer itself, and keep it for ever. */
async function run(database: PGlite, messages: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  await database.execProtocolRawStream(messages, {
    syncToFs: false,
    onRawData(bytes) {
      length += bytes.length;
      if (length > MAX_ANSWER_BYTES) throw new Error("an answer of more than 1 GB");
      // They are a view into its own memory.
      parts.push(bytes.slice());
    },
  });
  const answer = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    answer.set(part, at);
    at += part.length;
  }
  return answer;
}

async function open() {
  if (!existsSync(join(path, "PG_VERSION"))) await initialise(path, PGlite);
  checkVersion();
  // What stopped statements set aside; a server would clear it at its start.
  rmSync(join(path, "base", "pgsql_tmp"), { recursive: true, force: true });
  const settings = { temp_file_limit: TEMPORARY_FILES, shared_buffers: BUFFERS };
  const database = new Engine({
    dataDir: path,
    startParams: [
      ...PGlite.defaultStartParams,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
  });
  await database.waitReady;
  // The first text that it reads, though there is nothing in it.
  withoutTierUp(() => database.execProtocolRawSync(queryMessage("")));
  const extensions = createExtensions(path, database.Module);
  await extensions.loadKnown();
  return { database, extensions };
}

/** Its own client, which would ask for the types of arrays, is not used. */
class Engine extends PGlite {
  override async _initArrayTypes(): Promise<void> {}
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
