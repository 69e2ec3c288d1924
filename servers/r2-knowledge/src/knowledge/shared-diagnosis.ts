import { isJsonObject, type JsonObject, messageOf, parseJson } from "@trestle/protocol";
import type { SharedDocument, SharedDocuments } from "../coediting/shared-documents.ts";
import type { SharedObject, Versioned } from "../coediting/shared-object.ts";
import { ObjectStoreError } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { encodeRecord } from "../records/encode.ts";
import { versionOf } from "../records/facts.ts";
import { refuseRelease } from "./holds.ts";
import type { Parts } from "./parts.ts";
import { index } from "./store-diagnosis.ts";

/** The record in the bucket is the shared object: its ETag lets one writer make each version. */
export function sharedRecord(parts: Parts, id: string): SharedObject<Diagnosis> {
  return {
    async read(call) {
      const { record, etag } = await parts.diagnoses.need(id, call);
      return { value: record, version: versionOf(record), tag: etag };
    },
    async write(next, over, call = {}) {
      await refuseRelease(parts, over.value, next, call);
      try {
        const { etag } = await parts.diagnoses.replace(next, over.tag, call);
        await index(parts, next);
        return { value: next, version: versionOf(next), tag: etag };
      } catch (error) {
        if (error instanceof ObjectStoreError && error.code === "precondition_failed") return;
        throw error;
      }
    },
  };
}

/** So often an editor waits for one other, whose edit is in the document and not in the record yet. */
const MOST_WAITS = 6;

/**
 * A document of another server is what editors share: it gives each version to one of them, who then writes the
 * record. The record stays what counts, since whoever may change documents need not be let change knowledge: what
 * is in a document and never came into the record is written over.
 */
export function sharedDocument(
  parts: Parts,
  id: string,
  documents: SharedDocuments,
): SharedObject<Diagnosis> {
  const name = `diagnosis.${id}`;
  const record = sharedRecord(parts, id);
  const newKey = () => `knowledge-${parts.ids.next()}`;
  let waited = { for: 0, times: 0 };

  return {
    read: record.read,
    async write(next, over, call = {}) {
      // All that may refuse it goes first: the document shows only what its editor may see and do.
      await refuseRelease(parts, over.value, next, call);
      const content = toContent(next);
      const seen = await documents.open(name, toContent(over.value), call);
      if (isAwaited(seen, over)) return undefined;
      const taken = { content, version: seen.version, key: newKey() };
      const version = await documents.update(name, taken, call);
      if (version === undefined) return undefined;
      let written: Versioned<Diagnosis> | undefined;
      try {
        written = await record.write(next, over, call);
      } finally {
        if (written === undefined) await putRight(version);
      }
      return written;
    },
  };

  /** Somebody took a later version than the record had: they are about to write it, or were killed before they did. */
  function isAwaited({ version, content }: SharedDocument, over: Versioned<Diagnosis>): boolean {
    if (!(Number(content.version) > over.version)) return false;
    waited = { for: version, times: waited.for === version ? waited.times + 1 : 1 };
    return waited.times <= MOST_WAITS;
  }

  /** The document shows no edit that did not happen. Whoever edits next sees to it where this fails. */
  async function putRight(version: number): Promise<void> {
    try {
      const { value } = await record.read();
      await documents.update(name, { content: toContent(value), version, key: newKey() });
    } catch (error) {
      parts.log.debug("a shared document is not as its record", { id, error: messageOf(error) });
    }
  }
}

/** As it is in the bucket. Throws `invalid_input` for what is too large or too deep for it. */
function toContent(record: Diagnosis): JsonObject {
  const value = parseJson(new TextDecoder().decode(encodeRecord(record)));
  return isJsonObject(value) ? value : {};
}
