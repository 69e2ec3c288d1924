import type { Sealer } from "@trestle/access";
import type { Call } from "@trestle/policy";
import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import type { Row } from "@trestle/store";
import { type BoundPrincipal, toBound } from "../../access/binding.ts";
import type { ReviewItem } from "./items.ts";

/** What of an item nobody may read from the file. */
export interface ReviewSeal {
  item(id: string, call: Call, bound: BoundPrincipal): string;
  part(id: string, part: "edited" | "result", value: JsonObject): string;
  /** The arguments, and in whose name they were sent. Throws `denied` where the key is lost. */
  openItem(row: Row): { arguments: JsonObject; bound: BoundPrincipal };
  /** Whatever of it can be opened. */
  open(
    row: Row,
    redact?: (args: JsonObject) => JsonObject,
  ): Pick<ReviewItem, "arguments" | "editedArguments" | "result">;
}

/** A thousand items of this size are what the queue may take on the disk. */
const MAX_BYTES = 256 * 1024;

export function createReviewSeal(sealer: Sealer): ReviewSeal {
  function seal(id: string, part: string, value: JsonObject): string {
    return sealer.seal(value, { context: `review item ${id} ${part}` });
  }

  function openItem(row: Row): { arguments: JsonObject; bound: BoundPrincipal } {
    const context = `review item ${row.id} call`;
    const opened = sealer.open(String(row.sealed), { context }) as JsonObject;
    return {
      arguments: opened.arguments as JsonObject,
      bound: toBound(opened.bound as JsonObject),
    };
  }

  function openPart(row: Row, part: "edited" | "result"): JsonObject | undefined {
    const sealed = row[part];
    if (typeof sealed !== "string") return undefined;
    return openOr(
      () => sealer.open(sealed, { context: `review item ${row.id} ${part}` }) as JsonObject,
    );
  }

  return {
    item(id, { params, server, tool }, bound) {
      const args = isJsonObject(params.arguments) ? params.arguments : {};
      if (Buffer.byteLength(JSON.stringify(args)) > MAX_BYTES) {
        throw new TrestleError(
          "invalid_input",
          `The arguments of ${server}.${tool} are larger than ${MAX_BYTES} bytes, too large for the review queue.`,
        );
      }
      return seal(id, "call", { arguments: args, bound: { ...bound } as unknown as JsonObject });
    },
    part: seal,
    openItem,
    open(row, redact = (args) => args) {
      const args = openOr(() => openItem(row).arguments);
      const edited = openPart(row, "edited");
      const result = openPart(row, "result");
      return {
        ...(args === undefined ? {} : { arguments: redact(args) }),
        ...(edited === undefined ? {} : { editedArguments: redact(edited) }),
        ...(result === undefined ? {} : { result }),
      };
    },
  };
}

/** A list with one item whose key is lost is still a list. */
function openOr(open: () => JsonObject): JsonObject | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
