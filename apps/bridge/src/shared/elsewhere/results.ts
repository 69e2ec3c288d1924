import type { JsonObject, Principal } from "@trestle/protocol";
import { type ResultReader, type ResultStore, toKept } from "../../state/results.ts";
import type { Peers } from "../peers.ts";
import type { AskOthers } from "./ask-all.ts";

const METHOD = "results/part";
/** Characters of one message. */
const PART = 512 * 1024;

/** Results stay where they were made: whoever reads on in one elsewhere fetches it, part by part. */
export function shareResults(
  peers: Pick<Peers, "answer">,
  others: AskOthers,
  own: ResultStore,
): ResultReader {
  peers.answer(METHOD, async ({ payload: { handle, principal, from } }) => {
    const kept = own.get(String(handle), principal as unknown as Principal);
    if (kept === undefined) return {};
    const { text, structure = "" } = kept;
    const start = Number(from);
    return {
      length: text.length,
      size: text.length + structure.length,
      isStructured: kept.structure !== undefined,
      part: (text + structure).slice(start, start + PART),
    };
  });

  async function fetch(handle: string, { kind, id }: Principal) {
    const asked = { handle, principal: { kind, id } };
    const found = await others.findForSure(
      METHOD,
      { ...asked, from: 0 },
      ({ part }) => part !== undefined,
    );
    if (found === undefined) return undefined;
    const { replica, answer: first } = found;
    let whole = String(first.part);
    while (whole.length < Number(first.size)) {
      const next: JsonObject = await others.ask(replica, METHOD, { ...asked, from: whole.length });
      if (typeof next.part !== "string" || next.part === "") return undefined;
      whole += next.part;
    }
    const length = Number(first.length);
    const structure = first.isStructured === true ? whole.slice(length) : undefined;
    return toKept({ text: whole.slice(0, length), structure });
  }

  return {
    find: async (handle, principal) => own.get(handle, principal) ?? fetch(handle, principal),
  };
}
