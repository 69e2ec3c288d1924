import {
  type CallHost,
  type ErrorCode,
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  messageOf,
  structuredAnswer,
  TrestleError,
} from "@trestle/protocol";
import type { Config } from "../config.ts";
import type { CallOptions } from "../object-store/object-store.ts";

/**
 * Documents with versions that another server keeps, in the name of one caller. Failures are TrestleErrors that
 * name the setting.
 */
export interface SharedDocuments {
  /** Makes it of `first` where there is none. */
  open(id: string, first: JsonObject, call?: CallOptions): Promise<SharedDocument>;
  /**
   * The version that it has now; undefined where it no longer has `version`, and nothing was written. `key` is of
   * this one call: under it, it is done once.
   */
  update(
    id: string,
    next: { readonly content: JsonObject; readonly version: number; readonly key: string },
    call?: CallOptions,
  ): Promise<number | undefined>;
}

export interface SharedDocument {
  readonly version: number;
  readonly content: JsonObject;
}

const SETTING = "KNOWLEDGE_SHARED_OBJECTS";
const CLASS = "document";

/**
 * Undefined where no server is named: then the records themselves are what editors share.
 *
 * @throws TrestleError `invalid_config` where knowledge is sealed, since objects are not
 */
export function createSharedDocuments({
  sharedObjects: server,
  seal,
}: Pick<Config, "sharedObjects" | "seal">): ((host: CallHost) => SharedDocuments) | undefined {
  if (server === undefined) return undefined;
  if (seal) {
    throw new TrestleError(
      "invalid_config",
      `${SETTING} puts what is edited into objects, which KNOWLEDGE_SEAL does not seal: leave out one of both.`,
    );
  }
  return (host) => documentsOf(server, host);
}

function documentsOf(server: string, host: CallHost): SharedDocuments {
  const ask = (tool: string, args: JsonObject, options: CallOptions & { key?: string } = {}) =>
    askObjects({ host, server, tool, args: { class: CLASS, ...args }, ...options });
  const read = async (id: string, call: CallOptions) =>
    toDocument(await ask("object_call", { id, method: "read", args: {} }, call));
  return {
    async open(id, first, call = {}) {
      try {
        return await read(id, call);
      } catch (error) {
        if (!isTrestleError(error) || error.code !== "not_found") throw error;
      }
      await ask("object_initialize", { id, args: { content: first } }, call);
      return read(id, call);
    },
    async update(id, { content, version, key }, call) {
      const args = { content, version };
      try {
        const answer = await ask("object_call", { id, method: "update", args }, { ...call, key });
        return versionIn(answer);
      } catch (error) {
        if (isTrestleError(error) && error.code === "conflict") return undefined;
        throw error;
      }
    },
  };
}

interface Asked extends CallOptions {
  readonly host: CallHost;
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly key?: string | undefined;
}

/** What the method answered. */
async function askObjects({ host, server, tool, args, key, signal }: Asked): Promise<JsonObject> {
  const options = {
    ...(signal === undefined ? {} : { signal }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
  try {
    return structuredAnswer(await host.callTool(server, tool, args, options));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isTrestleError(error) && !isRpcError(error)) throw error;
    throw refusal(server, isTrestleError(error) ? error.code : "unavailable", messageOf(error));
  }
}

function refusal(server: string, code: ErrorCode, why: string): TrestleError {
  return new TrestleError(
    code,
    `Diagnoses that are edited together are shared in objects of the server ${JSON.stringify(server)} (${SETTING}), which failed: ${why}`,
  );
}

function toDocument({ result }: JsonObject): SharedDocument {
  const { version, content } = isJsonObject(result) ? result : {};
  if (typeof version === "number" && isJsonObject(content)) return { version, content };
  throw new TrestleError("unavailable", `What ${SETTING} names answered something else.`);
}

function versionIn({ result }: JsonObject): number {
  if (isJsonObject(result) && typeof result.version === "number") return result.version;
  throw new TrestleError("unavailable", `What ${SETTING} names answered something else.`);
}
