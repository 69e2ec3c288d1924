import type { Sealer } from "@trestle/access";
import {
  type Clock,
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type Principal,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { createTaskIds, type TaskIds } from "../tasks/task-ids.ts";

/**
 * What stands behind the `requestState` that a client brings back: a call that waits, here or at the bridge that is
 * named, or a server's own state.
 */
export type RequestState =
  | { readonly call: string; readonly holder?: string }
  | { readonly server: string };

/** The request that a state belongs to. It opens for the very same one only, asked by the same principal. */
export interface StateBinding {
  readonly method: string;
  readonly params: JsonObject;
  readonly principal: Principal;
}

/** Seals the state of requests that ask their user something: clients carry it, and can neither read nor change it. */
export interface RequestStates {
  seal(state: RequestState, binding: StateBinding): string;
  /** Throws a protocol fault for whatever was not sealed here for this request and principal. */
  open(sealed: unknown, binding: StateBinding): RequestState;
  /** Names of tasks, sealed with the same key. */
  readonly tasks: TaskIds;
  /** A result whose state, if its server wants one back, is sealed: it must come from the same hands. */
  sealResult(result: JsonObject, binding: StateBinding): JsonObject;
}

/** A server that keeps state for longer than this is asked anew. */
const VALID_MS = 24 * 60 * 60_000;

export function createRequestStates(sealer: Sealer, clock: Clock): RequestStates {
  const seal = (state: RequestState, binding: StateBinding): string =>
    sealer.seal({ ...state, at: clock.now() }, { context: contextOf(binding) });

  return {
    seal,
    tasks: createTaskIds(sealer),
    open(sealed, binding) {
      const opened = typeof sealed === "string" ? tryOpen(sealer, sealed, binding) : undefined;
      if (!isJsonObject(opened) || Number(opened.at) + VALID_MS <= clock.now()) throw notValid();
      const { call, holder, server } = opened;
      if (typeof call === "string") return typeof holder === "string" ? { call, holder } : { call };
      if (typeof server === "string") return { server };
      throw notValid();
    },
    sealResult(result, binding) {
      if (result.resultType !== "input_required" || typeof result.requestState !== "string")
        return result;
      return { ...result, requestState: seal({ server: result.requestState }, binding) };
    },
  };
}

function tryOpen(sealer: Sealer, sealed: string, binding: StateBinding) {
  try {
    return sealer.open(sealed, { context: contextOf(binding) });
  } catch {
    return undefined;
  }
}

function contextOf({ method, params, principal }: StateBinding): string {
  const { name, uri, arguments: args = {} } = params;
  const { kind, id } = principal;
  return `request state\0${canonicalJson([kind, id, method, name ?? uri ?? null, args])}`;
}

/** The same words whatever was wrong: whoever tries learns nothing. */
function notValid(): RpcError {
  return new RpcError(
    RPC.invalidParams,
    "requestState is not valid for this request, or has expired: send the request again without it.",
  );
}
