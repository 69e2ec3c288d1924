import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { missingCapability } from "../serve/input-required.ts";
import type { ToolContext } from "./context.ts";
import { type InputRequired, inputRequired } from "./input-required.ts";

/** Something that cannot be taken back. */
export interface Deed {
  /** What it is done to, as `confirm` has to name it: `public.guest`, a project's id. */
  readonly object: string;
  /** What is about to happen, as a sentence for the user: `Delete all rows of public.guest.` */
  readonly action: string;
}

/** The argument of every tool that may do such a thing. */
export const confirmArgument = z
  .string()
  .optional()
  .describe("Where the user can not be asked: exactly the name that the refusal tells");

type Asking = Pick<ToolContext, "client" | "inputResponses" | "requestState">;

/**
 * Lets a deed happen only once the user agreed. Returns the question, which the tool returns in turn, or
 * nothing once the answer is there and is yes. A client that can not ask its user has to name the object in
 * `confirm`; where it can, that argument counts for nothing, since a model fills it as easily as any other.
 * Throws `denied` where the user said no or `confirm` does not name the object, `cancelled` where the user
 * gave no answer.
 */
export function confirmDeed(
  context: Asking,
  deed: Deed,
  confirm: string | undefined,
): InputRequired | undefined {
  const consent = questionAbout(deed);
  if (missingCapability(consent, context.client.capabilities)) {
    checkNamed(deed, confirm);
    return undefined;
  }
  const answer = context.inputResponses.consent;
  // The state is sealed to caller, tool and arguments: it proves that this very deed was asked about.
  if (answer === undefined || context.requestState !== stateOf(deed))
    return inputRequired({ requests: { consent }, state: stateOf(deed) });
  checkAgreed(deed, answer);
  return undefined;
}

function questionAbout({ action, object }: Deed) {
  const params: JsonObject = {
    message: `${action} This can not be undone.`,
    requestedSchema: {
      type: "object",
      properties: { agree: { type: "boolean", title: `Go on with ${object}`, default: false } },
      required: ["agree"],
    },
  };
  return { method: "elicitation/create", params } as const;
}

const stateOf = ({ action, object }: Deed) => JSON.stringify([action, object]);

function checkAgreed(deed: Deed, answer: { readonly [key: string]: unknown }): void {
  const { agree } = (answer.content ?? {}) as { agree?: unknown };
  if (answer.action === "accept" && agree === true) return;
  if (answer.action === "cancel") {
    throw new TrestleError(
      "cancelled",
      `The user gave no answer, and nothing was done. ${deed.action} Ask them in the conversation before you try again.`,
    );
  }
  throw new TrestleError(
    "denied",
    `The user said no, and nothing was done. Refused was: ${deed.action} Ask them what they want instead.`,
  );
}

function checkNamed({ object, action }: Deed, confirm: string | undefined): void {
  if (confirm === object) return;
  const found = confirm === undefined ? "" : `, not ${JSON.stringify(confirm)}`;
  throw new TrestleError(
    "denied",
    `${action} This can not be undone, and this client can not ask its user. Once the user agreed, call again with confirm: ${JSON.stringify(object)}${found}.`,
    { details: { confirm: object } },
  );
}
