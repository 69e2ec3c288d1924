import {
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type LogMessage,
  type Principal,
  type Progress,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import type { Asked, Peers } from "../shared/peers.ts";
import type { Turn } from "./parked-call.ts";

/** A call that is parked at another bridge, whose client has come here with the answers. */

export const PARKED_ANSWER = "parked/answer";
/** As long as a legacy client may take. */
export const ANSWER_MS = 10 * 60_000;

interface Elsewhere {
  readonly holder: string;
  readonly call: string;
  readonly responses: JsonObject;
  readonly context: RequestContext;
}

/** Brings the answers to the bridge that holds the call, and waits there for what comes next. */
export async function askHolder(
  peers: Peers,
  { holder, call, responses, context }: Elsewhere,
): Promise<Turn> {
  const { principal, client, onProgress, onLog, signal } = context;
  const payload = {
    ...{ call, responses, principal: principal.id },
    client: client as unknown as JsonObject,
    hears: { progress: onProgress !== undefined, log: onLog !== undefined },
  };
  function onPart({ progress, log }: JsonObject): void {
    if (isJsonObject(progress)) onProgress?.(progress as unknown as Progress);
    if (isJsonObject(log)) onLog?.(log as unknown as LogMessage);
  }
  try {
    const turn = await peers.ask(holder, PARKED_ANSWER, payload, { signal, onPart });
    return turn as unknown as Turn;
  } catch (error) {
    // It was never told: but the call that waited there is gone with it all the same.
    if (isTrestleError(error) && error.code === "unavailable") throw gone();
    throw error;
  }
}

/** The client as the bridge that it came to knows it. */
export function toRemoteContext(
  { payload, signal, tell }: Asked,
  principal: Principal,
): RequestContext {
  const { client, hears } = payload;
  const { progress, log } = isJsonObject(hears) ? hears : {};
  return {
    principal,
    signal,
    client: client as unknown as RequestContext["client"],
    ...(progress === true && {
      onProgress: (told: Progress) => tell({ progress: told as unknown as JsonObject }),
    }),
    ...(log === true && {
      onLog: (told: LogMessage) => tell({ log: told as unknown as JsonObject }),
    }),
  };
}

export function gone(): TrestleError {
  const minutes = ANSWER_MS / 60_000;
  return new TrestleError(
    "outcome_unknown",
    `The call that waited for this answer is gone: it is over already, or it waited for more than ${minutes} minutes, or the bridge was started anew. Check with a read whether it took effect before you call again.`,
  );
}
