import { PGlite } from "@electric-sql/pglite";
import { withoutTierUp } from "../../postgres/without-tier-up.ts";
import { createExtensions } from "./extensions.ts";
import { queryMessage } from "./frames.ts";

/** An open cluster. */
export interface OpenPGlite {
  /** Messages of the wire protocol in and out. */
  run(messages: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const SETTINGS = {
  /** A query that sets more aside than this would fill the disk; who configures a server decides for himself there. */
  temp_file_limit: "512MB",
  /**
   * What Postgres keeps of its files itself, beside the system. With the usual 128 MB the thread would hold
   * 130 MB more, and look up rows of a large table in two thirds of the time.
   */
  shared_buffers: "16MB",
};
const MAX_ANSWER_BYTES = 1_000_000_000;

/** Its own client, which would ask for the types of arrays, is not used. */
class Engine extends PGlite {
  override async _initArrayTypes(): Promise<void> {}
}

export async function openPGlite(path: string): Promise<OpenPGlite> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const engine = new Engine({
    dataDir: path,
    startParams: [...PGlite.defaultStartParams, ...settings],
  });
  await engine.waitReady;
  // The first text that it reads, though there is nothing in it.
  withoutTierUp(() => engine.execProtocolRawSync(queryMessage("")));
  const extensions = createExtensions(path, engine.Module);
  await extensions.loadKnown();
  return {
    async run(messages) {
      await extensions.loadFor(messages);
      return await answerOf(engine, messages);
    },
    close: () => engine.close(),
  };
}

/** Without a listener PGlite would read every answer itself, and keep it for ever. */
async function answerOf(engine: PGlite, messages: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  await engine.execProtocolRawStream(messages, {
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
