import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Principal,
  type RequestContext,
  RPC,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import type { Peers } from "../shared/peers.ts";
import { ANSWER_MS, askHolder, gone, PARKED_ANSWER, toRemoteContext } from "./elsewhere.ts";
import { createParkedCall, type ParkedCall, type Turn } from "./parked-call.ts";
import type { RequestStates } from "./request-state.ts";

const MOST_PARKED = 256;
export const MOST_PARKED_EACH = 16;

export type Answer = (params: JsonObject, context: RequestContext) => Promise<JsonObject>;

/**
 * Questions of legacy servers for modern clients. A legacy server asks in the middle of a request and waits;
 * a modern client is answered with what it is asked, and comes again with the answers. In between the request
 * is parked here: in memory, for its principal alone, for ten minutes at the longest.
 */
export interface Parking {
  /** What answers the requests of a method, or goes on with the one that a `requestState` stands for. */
  around(method: string, answer: Answer): Answer;
  /** How many calls wait for a client to come back. */
  count(): number;
  /** Ends the calls that nobody waits for at the moment: the process is about to go. */
  end(): void;
}

export interface ParkingParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly states: RequestStates;
  /** Bridges that are one with this: a client may come back to any of them. */
  readonly shared?: { readonly replica: string; readonly peers: Peers } | undefined;
}

interface Entry {
  readonly call: ParkedCall;
  readonly principal: Principal;
  readonly id: string;
  cancelExpiry(): void;
}

interface Request {
  readonly method: string;
  readonly params: JsonObject;
  readonly context: RequestContext;
}

export function createParking({ clock, newId, states, shared }: ParkingParts): Parking {
  /** Those whose client was asked something, until it has the final answer. */
  const parked = new Map<string, Entry>();

  function admit(entry: Entry): void {
    if (parked.has(entry.id)) return;
    const { id, kind } = entry.principal;
    const own = [...parked.values()].filter(
      ({ principal }) => principal.id === id && principal.kind === kind,
    ).length;
    if (own >= MOST_PARKED_EACH || parked.size >= MOST_PARKED) throw tooMany();
    parked.set(entry.id, entry);
  }

  function begin(request: Request, answer: Answer): Promise<JsonObject> {
    const { params, context } = request;
    const { principal } = context;
    const call = createParkedCall(context, {
      run: (own) => answer(params, own),
      admit: () => admit(entry),
    });
    const entry: Entry = { call, principal, id: newId(), cancelExpiry: () => {} };
    return take(entry, request);
  }

  /** Waits for what comes next, and keeps the call where that is a question. */
  async function turnOf(entry: Entry, context: RequestContext): Promise<Turn> {
    const { call, id } = entry;
    entry.cancelExpiry();
    let turn: Turn;
    try {
      turn = await call.next(context);
    } catch (error) {
      if (!call.isWaitedFor()) parked.delete(id);
      throw error;
    }
    if (turn.kind === "answer") {
      parked.delete(id);
      return turn;
    }
    entry.cancelExpiry = clock.after(ANSWER_MS, () => {
      parked.delete(id);
      call.end(notAnswered());
    });
    return turn;
  }

  async function take(entry: Entry, request: Request): Promise<JsonObject> {
    const turn = await turnOf(entry, request.context);
    return toResult(turn, request, { call: entry.id, ...(shared && { holder: shared.replica }) });
  }

  /** What a client gets, who then may bring it to any bridge. */
  function toResult(
    turn: Turn,
    request: Request,
    state: { readonly call: string; readonly holder?: string },
  ): JsonObject {
    if (turn.kind === "answer") return turn.result;
    const requestState = states.seal(state, bindingOf(request));
    return { resultType: "input_required", inputRequests: turn.requests, requestState };
  }

  shared?.peers.answer(PARKED_ANSWER, async (asked) => {
    const { call, responses, principal } = asked.payload;
    const entry = parked.get(String(call));
    if (!entry || entry.principal.id !== principal) throw gone();
    entry.call.answer(isJsonObject(responses) ? responses : {});
    const turn = await turnOf(entry, toRemoteContext(asked, entry.principal));
    return { ...turn };
  });

  async function resume(request: Request, answer: Answer): Promise<JsonObject> {
    const { params } = request;
    const state = states.open(params.requestState, bindingOf(request));
    if ("server" in state) {
      const own = { ...request, params: { ...params, requestState: state.server } };
      return canBeAsked(own.context) ? begin(own, answer) : answer(own.params, own.context);
    }
    const entry = parked.get(state.call);
    const { inputResponses } = params;
    const responses = isJsonObject(inputResponses) ? inputResponses : {};
    if (entry) {
      entry.call.answer(responses);
      return take(entry, request);
    }
    const { call, holder } = state;
    if (!shared || holder === undefined || holder === shared.replica) throw gone();
    const asked = { holder, call, responses, context: request.context };
    return toResult(await askHolder(shared.peers, asked), request, { call, holder });
  }

  return {
    around: (method, answer) => (params, context) => {
      if (params.requestState !== undefined) return resume({ method, params, context }, answer);
      if (!canBeAsked(context)) return answer(params, context);
      return begin({ method, params, context }, answer);
    },
    count: () => [...parked.values()].filter(({ call }) => !call.isWaitedFor()).length,
    end() {
      for (const [id, { call, cancelExpiry }] of [...parked]) {
        if (call.isWaitedFor()) continue;
        cancelExpiry();
        parked.delete(id);
        call.end(stopped());
      }
    },
  };
}

/** A legacy client is asked live, by whoever serves it. */
function canBeAsked({ client: { era, capabilities } }: RequestContext): boolean {
  if (era === "legacy") return false;
  const { elicitation, sampling, roots } = capabilities;
  return elicitation !== undefined || sampling !== undefined || roots !== undefined;
}

function bindingOf({ method, params, context: { principal } }: Request) {
  return { method, params, principal };
}

function tooMany(): RpcError {
  const message = `Too many calls wait for answers of their users: at most ${MOST_PARKED_EACH} of one caller and ${MOST_PARKED} in all may. Answer those first.`;
  return new RpcError(RPC.internal, message);
}

function notAnswered(): TrestleError {
  const minutes = ANSWER_MS / 60_000;
  return new TrestleError("timeout", `Nobody answered what was asked within ${minutes} minutes.`);
}

function stopped(): TrestleError {
  return new TrestleError("cancelled", "The bridge stops, and nobody had answered what was asked.");
}
