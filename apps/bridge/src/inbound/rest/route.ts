import type { JsonObject } from "@trestle/protocol";
import type * as z from "zod";
import type { Core } from "../../core.ts";

/**
 * One resource of the REST API: everything a document of the API needs to describe it, together with the
 * operation's own schema and description.
 */
export interface Route {
  /** GET and DELETE take their input from the query, the others from the body. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the base. `:name` is a part of the path that becomes the input of that name. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  /** What is answered, where it is not just what the operation says. */
  readonly toAnswer?: (data: JsonObject) => Answer;
  /** What of the operation's output stands in the `data` of that answer. */
  readonly toData?: (output: z.ZodObject) => z.ZodType;
  /** What was done may have failed, and the facts of it stand in the answer's metadata. */
  readonly facts?: "call" | "chain";
  /** Further headers of the answer, by what the operation said. */
  readonly toHeaders?: (
    data: JsonObject,
    request: { readonly isEncrypted: boolean },
  ) => Readonly<Record<string, string>>;
  /** Throws where REST is not the way for what an administrator asks, though there are others. */
  readonly refuse?: (input: JsonObject, core: Core) => void | Promise<void>;
  /** Narrows the input to one server, where the operation has no input `server`. */
  readonly narrow?: Narrow;
}

/** `idOf` tells the id of a server that is named by an alias. */
export type Narrow = (
  input: JsonObject,
  server: string,
  idOf: (name: string) => string,
) => JsonObject;

/** What goes into the envelope. */
export interface Answer {
  readonly data: JsonObject;
  readonly metadata?: JsonObject;
  /** It was done, and it failed: HTTP 200, `success: false`. */
  readonly error?: ErrorBody;
}

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: JsonObject;
}
