/**
 * The thread that writes. Every package that bundles the store lists this file among those started by
 * URL in its build: `{ "sqlite-worker": "@trestle/store/sqlite-worker" }`.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { JsonObject } from "@trestle/protocol";
import { toWireError } from "./share-wire.ts";
import { toStoreError } from "./sqlite-errors.ts";
import {
  type JobOutcome,
  openWriter,
  type SqliteWriter,
  type WriteJob,
  type WriterOptions,
} from "./sqlite-writer.ts";

export type ToWriter =
  | { readonly kind: "commit"; readonly jobs: readonly WriteJob[] }
  | { readonly kind: "close" };
export type FromWriter =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly error: JsonObject }
  | { readonly kind: "committed"; readonly outcomes: readonly JobOutcome[] }
  | { readonly kind: "closed" };

const options = workerData as WriterOptions;
const say = (message: FromWriter): void => parentPort?.postMessage(message);

function open(): SqliteWriter | undefined {
  try {
    return openWriter(options);
  } catch (error) {
    say({ kind: "refused", error: toWireError(toStoreError(error, options.file)) });
    return undefined;
  }
}

const writer = open();
if (writer) {
  parentPort?.on("message", (message: ToWriter) => {
    if (message.kind === "commit") {
      say({ kind: "committed", outcomes: writer.commit(message.jobs) });
      return;
    }
    writer.close();
    say({ kind: "closed" });
    parentPort?.close();
  });
  say({ kind: "ready" });
}
